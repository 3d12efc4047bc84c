import { chmod, mkdir } from 'node:fs/promises';
import type { EmptyDirVolumeSource, Pod } from '@gantry/api-types';
import { parseBytes } from '@gantry/api-types/quantity';
import { hugePagesOf } from '@gantry/core/pod/huge-pages';
import { mountHugePages, mountPointsUnder, mountTmpfs } from './mounts.ts';

/**
 * Makes the directory of a pod's `emptyDir`; with medium Memory a tmpfs of its own, with one of huge pages a file system
 * of these. May be repeated. Throws where the pod does not say of which pages.
 */
export async function prepareEmptyDir(
  path: string,
  pod: Pod,
  source: EmptyDirVolumeSource,
  nodeMemoryBytes: number,
): Promise<void> {
  await mkdir(path, { recursive: true });
  const { medium = '' } = source;
  if (medium !== '' && (await mountPointsUnder(path)).length === 0) {
    if (medium === 'Memory') {
      await mountTmpfs(path, `size=${memoryVolumeBytes(pod, source, nodeMemoryBytes)},mode=1777`);
    } else {
      const { pageBytes, bytes } = hugePageVolume(pod, source);
      await mountHugePages(path, `pagesize=${pageBytes},size=${bytes},mode=1777`);
    }
  }
  await chmod(path, 0o777);
}

/** Of which pages a volume is, and of how many bytes of them: no more than the pod may have. Pure; throws as above. */
export function hugePageVolume(
  pod: Pod,
  { medium = '', sizeLimit }: EmptyDirVolumeSource,
): { readonly pageBytes: number; readonly bytes: number } {
  const wanted = hugePagesOf(pod);
  const [, named] = /^HugePages-(.+)$/.exec(medium) ?? [];
  const sizes = named === undefined ? [...wanted.keys()] : [parseBytes(named)];
  const [pageBytes = 0] = sizes;
  const available = wanted.get(pageBytes) ?? 0;
  if (sizes.length > 1) throw new Error(`medium "${medium}" does not say of which page size: the pod asks for several`);
  if (available === 0) throw new Error(`medium "${medium}" needs a pod that asks for such pages in its resources`);
  const own = sizeLimit === undefined ? 0 : parseBytes(sizeLimit);
  const bytes = own > 0 ? Math.min(own, available) : available;
  return { pageBytes, bytes: Math.floor(bytes / pageBytes) * pageBytes };
}

/**
 * The size of a tmpfs: the volume's limit, but never more than the pod's memory limit or what the node has, since what
 * is written to it counts as memory of the container that writes. Pure.
 */
export function memoryVolumeBytes(pod: Pod, source: EmptyDirVolumeSource, nodeMemoryBytes: number): number {
  const limits = pod.spec.containers.map(({ resources }) => resources?.limits?.memory);
  const isLimited = limits.every((limit) => limit !== undefined && parseBytes(limit) > 0);
  const podBytes = isLimited ? limits.reduce((sum, limit) => sum + parseBytes(limit ?? '0'), 0) : nodeMemoryBytes;
  const own = source.sizeLimit === undefined ? 0 : parseBytes(source.sizeLimit);
  return Math.floor(Math.min(nodeMemoryBytes, podBytes, own > 0 ? own : nodeMemoryBytes));
}

/** The first `emptyDir` on disk that holds more than its limit allows, in the words of Kubernetes' eviction. Pure. */
export function emptyDirOverLimit(pod: Pod, bytesByVolume: ReadonlyMap<string, number>): string | undefined {
  for (const { name, emptyDir } of pod.spec.volumes ?? []) {
    const limit = diskLimit(emptyDir);
    if (limit === undefined || (bytesByVolume.get(name) ?? 0) <= parseBytes(limit)) continue;
    return `Usage of EmptyDir volume "${name}" exceeds the limit "${limit}". `;
  }
  return undefined;
}

/** The limit that has to be watched: a file system of its own keeps its own. */
export function diskLimit(source: EmptyDirVolumeSource | undefined): string | undefined {
  return source?.medium ? undefined : source?.sizeLimit;
}

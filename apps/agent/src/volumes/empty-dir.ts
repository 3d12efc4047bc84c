import { chmod, mkdir } from 'node:fs/promises';
import type { EmptyDirVolumeSource, Pod } from '@gantry/api-types';
import { parseBytes } from '@gantry/api-types/quantity';
import { mountPointsUnder, mountTmpfs } from './mounts.ts';

/** Makes the directory of an `emptyDir`; with medium Memory a tmpfs of its own. May be repeated. */
export async function prepareEmptyDir(path: string, source: EmptyDirVolumeSource, memoryBytes: number): Promise<void> {
  await mkdir(path, { recursive: true });
  if (source.medium === 'Memory' && (await mountPointsUnder(path)).length === 0) {
    await mountTmpfs(path, `size=${memoryBytes},mode=1777`);
  }
  await chmod(path, 0o777);
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

/** The limit that has to be watched: a tmpfs keeps its own. */
export function diskLimit(source: EmptyDirVolumeSource | undefined): string | undefined {
  return source?.medium === 'Memory' ? undefined : source?.sizeLimit;
}

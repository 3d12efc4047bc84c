import { mkdir, readdir, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Pod } from '@gantry/api-types';
import type { Logger } from '@gantry/core';
import { hugePagesOf } from '@gantry/core/pod/huge-pages';
import type { NodeIdentity } from '../pod/labels.ts';
import { cpuSharesOf } from '../pod/resources.ts';
import { type CgroupLayout, cgroupDirectory, containerCgroup, exists } from './cgroup-paths.ts';
import { type ContainerCgroup, readContainerCgroup, readMemoryBytes, readProcesses } from './container-resources.ts';
import { writeHugePageLimits } from './huge-pages.ts';
import { podLimits } from './pod-limits.ts';
import { writePodLimits, writeProcessLimit } from './write-limits.ts';

export interface PodCgroupsOptions {
  readonly layout: CgroupLayout;
  readonly identity: NodeIdentity;
  readonly nodeMilliCpu: number;
  /** What all pods of the node may use together; no limit where undefined. */
  readonly podsMemoryBytes?: number;
  /** Processes and threads of a pod; no limit where undefined. */
  readonly podPidsLimit?: number | undefined;
  /** Of the huge pages that pods are held to. */
  readonly hugePageSizes?: readonly number[];
  readonly logger: Logger;
}

/**
 * A cgroup per node and pod, above the container's own: `/gantry/<cluster>/<node>/pod<uid>`. Its cpu weight is the
 * pod's request, since siblings divide the cpu by their weights level by level. Only where the engine's driver is
 * cgroupfs and the agent may write the hierarchy; elsewhere containers stay where the engine puts them.
 */
export class PodCgroups {
  readonly #options: PodCgroupsOptions;
  readonly #nodePath: string;
  #isUsable: Promise<boolean> | undefined;
  #usable = false;

  constructor(options: PodCgroupsOptions) {
    this.#options = options;
    this.#nodePath = nodeCgroup(options.identity);
  }

  /** The parent for the pod's containers; undefined where the engine's default is used. */
  parentOf(podUid: string): string | undefined {
    return this.#usable ? `${this.#nodePath}/pod${podUid}` : undefined;
  }

  /** The cgroup of all pods together; undefined where the engine's default is used. */
  get nodePath(): string | undefined {
    return this.#usable ? this.#nodePath : undefined;
  }

  /** Creates the pod's cgroup, and sets its weight and limits. Repeatable. */
  async ensurePod(pod: Pod): Promise<void> {
    this.#isUsable ??= this.#prepareNode();
    this.#usable = await this.#isUsable;
    if (!this.#usable) return;
    const limits = podLimits(pod);
    const path = `${this.#nodePath}/pod${pod.metadata.uid}`;
    await this.#writeWeight(path, limits.milliCpu);
    await writePodLimits(this.#options.layout, path, limits, 'exactly');
    const { layout, podPidsLimit, hugePageSizes = [] } = this.#options;
    if (podPidsLimit !== undefined) await writeProcessLimit(layout, path, podPidsLimit);
    await writeHugePageLimits(layout, path, hugePageSizes, hugePagesOf(pod));
  }

  /** Lifts the limits of a pod's cgroup to what its containers are about to get; lowers none. */
  async growPod(pod: Pod): Promise<void> {
    if (!this.#usable) return;
    await writePodLimits(this.#options.layout, `${this.#nodePath}/pod${pod.metadata.uid}`, podLimits(pod), 'growing');
  }

  /** What the cgroup of one of the pod's containers says; undefined where it cannot be read. */
  readContainer(podUid: string, containerId: string): Promise<ContainerCgroup | undefined> {
    const { layout } = this.#options;
    return readContainerCgroup(layout, containerCgroup(layout, containerId, this.parentOf(podUid)));
  }

  /** Learns, without making anything, whether parents are in use: for pods that were found running. */
  async open(): Promise<void> {
    this.#isUsable ??= this.#prepareNode();
    this.#usable = await this.#isUsable;
  }

  async removePod(podUid: string): Promise<void> {
    if (this.#usable) await removeCgroup(this.#options.layout, `${this.#nodePath}/pod${podUid}`);
  }

  /** Removes the cgroups of pods that are not kept: left behind by an agent that was killed. */
  async sweep(isKept: (podUid: string) => boolean): Promise<void> {
    if (!this.#usable) return;
    const directory = cgroupDirectory(this.#options.layout, 'cpu', this.#nodePath);
    for (const name of await readdir(directory).catch(() => [])) {
      const uid = name.startsWith('pod') ? name.slice('pod'.length) : undefined;
      if (uid !== undefined && !isKept(uid)) await this.removePod(uid);
    }
  }

  async #prepareNode(): Promise<boolean> {
    const { layout, nodeMilliCpu, logger } = this.#options;
    if (layout.driver !== 'cgroupfs') return false;
    try {
      const parts = this.#nodePath.split('/').slice(1);
      for (let depth = 1; depth <= parts.length; depth += 1) {
        await this.#writeWeight(`/${parts.slice(0, depth).join('/')}`, nodeMilliCpu);
      }
      await this.#limitNode();
      return true;
    } catch (error) {
      logger.info({ err: error }, 'the cgroup hierarchy cannot be written, containers stay in the engine’s own cgroup');
      return false;
    }
  }

  /** The kernel's own bound, behind the evictions that come before it. */
  async #limitNode(): Promise<void> {
    const { layout, podsMemoryBytes, logger } = this.#options;
    const used = (await readMemoryBytes(layout, this.#nodePath)) ?? 0;
    // A limit below what is in use would kill at once.
    if (podsMemoryBytes === undefined || used >= podsMemoryBytes) return;
    const limits = { milliCpu: 0, cpuQuota: undefined, memoryBytes: podsMemoryBytes };
    await writePodLimits(layout, this.#nodePath, limits, 'exactly').catch((error: unknown) =>
      logger.info({ err: error }, 'the memory of all pods together cannot be limited'),
    );
  }

  /** What the kernel cannot drop at once of the memory of all pods; undefined where they are not in one cgroup. */
  async nodeMemoryBytes(): Promise<number | undefined> {
    const { layout } = this.#options;
    return this.#usable ? readMemoryBytes(layout, this.#nodePath) : undefined;
  }

  /** Processes and threads of a pod; undefined where it has no cgroup of its own. */
  async podProcesses(podUid: string): Promise<number | undefined> {
    const { layout } = this.#options;
    const parent = this.parentOf(podUid);
    return parent === undefined ? undefined : readProcesses(layout, parent);
  }

  async #writeWeight(path: string, milliCpu: number): Promise<void> {
    const { layout, hugePageSizes = [] } = this.#options;
    const directory = cgroupDirectory(layout, 'cpu', path);
    await mkdir(directory, { recursive: true });
    const shares = cpuSharesOf(milliCpu);
    if (layout.version === 1) return writeFile(join(directory, 'cpu.shares'), String(shares));
    await writeFile(
      join(dirname(directory), 'cgroup.subtree_control'),
      `+cpu +memory +pids${hugePageSizes.length > 0 ? ' +hugetlb' : ''}`,
    );
    await writeFile(join(directory, 'cpu.weight'), String(cpuWeightOf(shares)));
  }
}

/** cgroup v2's weight (1 to 10000) for v1's shares (2 to 262144), as runc converts them. */
export function cpuWeightOf(shares: number): number {
  return 1 + Math.floor(((shares - 2) * 9999) / 262142);
}

/** The cgroup of everything an agent runs. */
export function nodeCgroup(identity: NodeIdentity): string {
  return `/gantry/${identity.cluster}/${identity.node}`;
}

/** Removes a cgroup and its empty children in every hierarchy: the engine leaves parents behind. */
export async function removeCgroup(layout: CgroupLayout, path: string): Promise<void> {
  const roots = layout.version === 1 ? await readdir(layout.root).catch(() => []) : [''];
  await Promise.all(roots.map((controller) => removeEmpty(cgroupDirectory(layout, controller, path))));
}

/** Removes a node's cgroup, and those above it that no other node uses. */
export async function removeNodeCgroup(layout: CgroupLayout, path: string): Promise<void> {
  await removeCgroup(layout, path);
  const roots = layout.version === 1 ? await readdir(layout.root).catch(() => []) : [''];
  for (let above = dirname(path); above !== '/'; above = dirname(above)) {
    // Refused while it has children, and missing where it was never made.
    await Promise.all(roots.map((root) => rmdir(cgroupDirectory(layout, root, above)).catch(() => undefined)));
  }
}

async function removeEmpty(directory: string): Promise<void> {
  if (!(await exists(directory))) return;
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeEmpty(join(directory, entry.name));
  await rmdir(directory).catch((error: NodeJS.ErrnoException) => {
    // EBUSY: a container that is going still sits in it; the last one to go removes it. ENOENT: somebody else did.
    if (error.code !== 'EBUSY' && error.code !== 'ENOENT' && error.code !== 'ENOTEMPTY') throw error;
  });
}

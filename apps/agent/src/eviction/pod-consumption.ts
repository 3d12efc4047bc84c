import type { NodeUsage, Pod } from '@gantry/api-types';
import type { Clock } from '@gantry/core';
import type { PodConsumption } from '@gantry/core/eviction/rank-pods';
import { type EvictionSignal, signalFacts } from '@gantry/core/eviction/signals';
import type { CgroupLayout } from '../cgroups/cgroup-paths.ts';
import type { PodCgroups } from '../cgroups/pod-cgroups.ts';
import { UsageSampler } from '../cgroups/usage-sampler.ts';
import type { ContainerRuntime } from '../runtime/container-runtime.ts';

/** A pod that runs, with its running containers. */
export interface RunningPod {
  readonly pod: Pod;
  readonly running: readonly { readonly container: string; readonly id: string }[];
}

export interface PodConsumptionOptions {
  readonly runtime: Pick<ContainerRuntime, 'inspectContainer' | 'writableBytes'>;
  readonly clock: Clock;
  readonly layout: CgroupLayout;
  readonly cgroups: PodCgroups;
  readonly pods: () => readonly RunningPod[];
  /** Bytes of the pod's own volumes on the node's disk, by volume. */
  readonly volumeBytes: (pod: Pod) => Promise<ReadonlyMap<string, number>>;
  /** Whether images and containers' layers lie on the disk of the volumes. */
  readonly isOneDisk: () => Promise<boolean>;
}

/** Measures what each pod uses; only asked where something is short. */
export class PodConsumptionMeter {
  readonly #options: PodConsumptionOptions;
  readonly #memory: UsageSampler;

  constructor(options: PodConsumptionOptions) {
    this.#options = options;
    const { runtime, clock, layout, cgroups, pods } = options;
    // One source a container: what each of them uses is part of the message.
    const sources = () =>
      pods().flatMap(({ pod, running }) =>
        running.map(({ id }) => ({
          podUid: id,
          containers: [{ id, name: undefined }],
          parent: cgroups.parentOf(pod.metadata.uid),
        })),
      );
    const pidOf = async (id: string) => (await runtime.inspectContainer(id))?.pid;
    this.#memory = new UsageSampler({ layout, clock, sources, pidOf });
  }

  /** Memory of all pods of the node. */
  async usedMemoryBytes(): Promise<number> {
    return (await this.#options.cgroups.nodeMemoryBytes()) ?? (await this.#sampleMemory()).memoryBytes;
  }

  /** Undefined where nobody counts by pod: inodes. */
  async measure(signal: EvictionSignal): Promise<readonly PodConsumption[] | undefined> {
    switch (signalFacts[signal].resource) {
      case 'memory':
        return this.#measureMemory();
      case 'ephemeral-storage':
        return this.#measureDisk(signal);
      case 'pids':
        return this.#measureProcesses();
      default:
        return undefined;
    }
  }

  /** Seldom: no file is kept open for it. */
  async #sampleMemory(): Promise<NodeUsage> {
    try {
      return await this.#memory.sample();
    } finally {
      this.#memory.close();
    }
  }

  async #measureMemory(): Promise<readonly PodConsumption[]> {
    const sample = await this.#sampleMemory();
    const bytes = new Map(sample.pods.map(({ uid, memoryBytes }) => [uid, memoryBytes]));
    return this.#options.pods().map(({ pod, running }) => ({
      pod,
      containers: new Map(running.map(({ container, id }) => [container, bytes.get(id) ?? 0])),
      shared: 0,
    }));
  }

  async #measureDisk(signal: EvictionSignal): Promise<readonly PodConsumption[]> {
    const { pods, runtime, volumeBytes, isOneDisk } = this.#options;
    const isShared = await isOneDisk();
    const countsLayers = isShared || signal === 'imagefs.available';
    const countsVolumes = isShared || signal === 'nodefs.available';
    const found: PodConsumption[] = [];
    // One after another: each costs the engine a walk over files.
    for (const { pod, running } of pods()) {
      const containers = new Map<string, number>();
      for (const { container, id } of countsLayers ? running : []) {
        containers.set(container, (await runtime.writableBytes(id)) ?? 0);
      }
      const volumes = countsVolumes ? [...(await volumeBytes(pod)).values()] : [];
      found.push({ pod, containers, shared: volumes.reduce((sum, bytes) => sum + bytes, 0) });
    }
    return found;
  }

  #measureProcesses(): Promise<readonly PodConsumption[]> {
    const { pods, cgroups } = this.#options;
    return Promise.all(
      pods().map(async ({ pod }) => ({
        pod,
        containers: new Map(),
        shared: (await cgroups.podProcesses(pod.metadata.uid)) ?? 0,
      })),
    );
  }
}

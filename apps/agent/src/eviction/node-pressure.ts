import type { Pod } from '@gantry/api-types';
import type { Clock, Logger } from '@gantry/core';
import { limitOf, type Threshold, withAllocatable } from '@gantry/core/eviction/signals';
import type { CgroupLayout } from '../cgroups/cgroup-paths.ts';
import type { PodCgroups } from '../cgroups/pod-cgroups.ts';
import type { ResolvedOptions } from '../pod/options.ts';
import { type ContainerRuntime, messageOf } from '../runtime/container-runtime.ts';
import { EvictionManager } from './eviction-manager.ts';
import { areOnOneDisk } from './node-observer.ts';
import { PodConsumptionMeter, type RunningPod } from './pod-consumption.ts';

/** A pod as eviction sees it. */
export interface EvictablePod extends RunningPod {
  /** When it was evicted; undefined for one that goes on. */
  readonly evictedAt: number | undefined;
}

export interface NodePressureOptions {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly dataDir: string;
  readonly layout: CgroupLayout;
  readonly cgroups: PodCgroups;
  readonly settings: ResolvedOptions;
  /** Those that have containers that run. */
  readonly pods: () => readonly EvictablePod[];
  readonly volumeBytes: (pod: Pod) => Promise<ReadonlyMap<string, number>>;
  readonly freeImages: () => Promise<void>;
  readonly evict: (podUid: string, message: string) => void;
  readonly onConditions: () => void;
  readonly event: (reason: string, message: string) => void;
}

/** The kubelet's patience with a pod that it evicted, before it evicts another one. */
const leavingMs = 30_000;

/** The eviction manager of a node, on its host's files and its engine. */
export function createNodePressure(options: NodePressureOptions): EvictionManager {
  const { clock, logger, dataDir, settings, pods } = options;
  const engineDirectory = settings.engine.rootDirectory;
  const meter = new PodConsumptionMeter({
    ...options,
    pods: () => pods().filter(({ evictedAt }) => evictedAt === undefined),
    isOneDisk: () => areOnOneDisk(dataDir, engineDirectory),
  });
  return new EvictionManager({
    clock,
    logger,
    everyMs: settings.pressureCheckMs,
    transitionMs: settings.pressureTransitionMs,
    thresholds: withAllocatable(settings.evictionThresholds),
    observe: () =>
      settings.observe({
        dataDir,
        engineDirectory,
        ownsHost: settings.ownsHost,
        podsMemoryBytes: podsMemoryOf(settings),
        usedMemoryBytes: () => meter.usedMemoryBytes(),
      }),
    consumption: (signal) => meter.measure(signal),
    isPodLeaving: () => pods().some(({ evictedAt }) => evictedAt !== undefined && clock.now() - evictedAt < leavingMs),
    freeImages: () =>
      options.freeImages().catch((error: unknown) => {
        logger.warn({ err: messageOf(error) }, 'unused images cannot be removed');
      }),
    evict: options.evict,
    onConditions: options.onConditions,
    event: options.event,
  });
}

/**
 * What all pods may use together: what they can ask for, and on top of it as much as must be left when pressure begins,
 * so that pods that keep to what they asked for never cause any.
 */
export function podsMemoryOf(
  settings: Pick<ResolvedOptions, 'nodeMemoryBytes' | 'reserved' | 'evictionThresholds'>,
): number {
  const allocatable = settings.nodeMemoryBytes - settings.reserved.memoryBytes;
  const threshold: Threshold | undefined = settings.evictionThresholds.find(
    ({ signal }) => signal === 'memory.available',
  );
  return allocatable + (threshold ? limitOf(threshold, allocatable) : 0);
}

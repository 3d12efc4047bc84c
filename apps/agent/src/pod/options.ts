import { defaultThresholds, type Observations, type Threshold } from '@gantry/core/eviction/signals';
import { cgroupLayout } from '../cgroups/cgroup-paths.ts';
import { readHugePages } from '../cgroups/huge-pages.ts';
import { type NodeObserverOptions, observeNode } from '../eviction/node-observer.ts';
import type { ImageServiceOptions } from '../images/image-service.ts';
import type { NetworkMode } from '../network/network-mode.ts';
import type { ContainerRuntime, EngineInfo } from '../runtime/container-runtime.ts';
import { hostAddress } from './host-limits.ts';
import type { BackOffOptions } from './pod-context.ts';

export interface PodManagerOptions {
  /** Containers created and started at a time; 8 by default. */
  readonly parallelStarts?: number;
  /** Pulls at a time; 3 by default. */
  readonly parallelPulls?: number;
  /** Never use a local image where the policy is Always and the registry cannot be reached. */
  readonly strictPull?: boolean;
  /** A pull without progress for that long is given up; 60 s by default. */
  readonly pullIdleTimeoutMs?: number;
  /** When unused images are removed: 85 to 80 % of the disk, after 2 minutes, only own ones, by default. */
  readonly imageGarbage?: Partial<ImageServiceOptions['garbage']>;
  /** Crash and pull back-off; 10 s doubled up to 5 min, forgotten after 10 min, by default. */
  readonly backOff?: Partial<BackOffOptions>;
  /** How often the engine is asked for all containers in case an event was lost; 30 s by default. */
  readonly relistMs?: number;
  /** How often the disk usage of volumes with a limit is measured; 10 s by default. */
  readonly storageCheckMs?: number;
  /** Processes of a pod, and of each of its containers; unlimited by default. */
  readonly podPidsLimit?: number;
  /** How often the node is looked at for pressure on its memory, disks and processes; 10 s by default. */
  readonly pressureCheckMs?: number;
  /** How long a condition of pressure stays after it was last seen; 5 minutes by default. */
  readonly pressureTransitionMs?: number;
  /** When pods are evicted; the kubelet's hard thresholds by default. */
  readonly evictionThresholds?: readonly Threshold[];
  /** The node is all of its host, so that what is left on the host counts too; not so by default. */
  readonly ownsHost?: boolean;
  /** How the node is looked at: a test says what there is to see. */
  readonly observe?: (options: NodeObserverOptions) => Promise<Observations>;
  /** How pods are connected; `auto` by default. */
  readonly networkMode?: NetworkMode;
  /** What pods see as `status.hostIP`; the host's first address by default. */
  readonly hostIp?: string;
  /** The node's capacity, where it is not all that the engine has. */
  readonly nodeMilliCpu?: number;
  readonly nodeMemoryBytes?: number;
  /** Sysctls that pods may set beside the safe ones, as `kernel.msg*`; none by default. */
  readonly allowedUnsafeSysctls?: readonly string[];
  /** Of the huge pages that pods may be given; those of the host that cgroups limit by default. */
  readonly hugePageSizes?: readonly number[];
  /** Kept back from it for what is no pod. */
  readonly reserved?: { readonly milliCpu: number; readonly memoryBytes: number };
}

export interface ResolvedOptions {
  readonly parallelStarts: number;
  readonly parallelPulls: number;
  readonly strictPull: boolean;
  readonly pullIdleTimeoutMs: number;
  readonly imageGarbage: ImageServiceOptions['garbage'];
  readonly backOff: BackOffOptions;
  readonly relistMs: number;
  readonly storageCheckMs: number;
  readonly podPidsLimit: number | undefined;
  readonly pressureCheckMs: number;
  readonly pressureTransitionMs: number;
  readonly evictionThresholds: readonly Threshold[];
  readonly ownsHost: boolean;
  readonly observe: (options: NodeObserverOptions) => Promise<Observations>;
  readonly networkMode: NetworkMode;
  readonly hostIp: string;
  readonly nodeMilliCpu: number;
  readonly nodeMemoryBytes: number;
  readonly allowedUnsafeSysctls: readonly string[];
  readonly hugePageSizes: readonly number[];
  readonly reserved: { readonly milliCpu: number; readonly memoryBytes: number };
  readonly engine: EngineInfo;
}

const defaultImageGarbage = {
  highThresholdPercent: 85,
  lowThresholdPercent: 80,
  minimumAgeMs: 120_000,
  removesForeign: false,
};

/** Fills in the defaults, some of which the engine knows. */
export async function resolveOptions(runtime: ContainerRuntime, options: PodManagerOptions): Promise<ResolvedOptions> {
  const engine = await runtime.info();
  return {
    parallelStarts: options.parallelStarts ?? 8,
    parallelPulls: options.parallelPulls ?? 3,
    strictPull: options.strictPull ?? false,
    pullIdleTimeoutMs: options.pullIdleTimeoutMs ?? 60_000,
    imageGarbage: { ...defaultImageGarbage, ...options.imageGarbage },
    backOff: { baseMs: 10_000, maxMs: 300_000, resetMs: 600_000, ...options.backOff },
    relistMs: options.relistMs ?? 30_000,
    storageCheckMs: options.storageCheckMs ?? 10_000,
    podPidsLimit: options.podPidsLimit,
    pressureCheckMs: options.pressureCheckMs ?? 10_000,
    pressureTransitionMs: options.pressureTransitionMs ?? 300_000,
    evictionThresholds: options.evictionThresholds ?? defaultThresholds,
    ownsHost: options.ownsHost ?? false,
    observe: options.observe ?? observeNode,
    networkMode: options.networkMode ?? 'auto',
    hostIp: options.hostIp ?? hostAddress(),
    nodeMilliCpu: options.nodeMilliCpu ?? engine.cpus * 1000,
    nodeMemoryBytes: options.nodeMemoryBytes ?? engine.memoryBytes,
    allowedUnsafeSysctls: options.allowedUnsafeSysctls ?? [],
    hugePageSizes: options.hugePageSizes ?? [...(await readHugePages(cgroupLayout(engine))).keys()],
    reserved: options.reserved ?? { milliCpu: 0, memoryBytes: 0 },
    engine,
  };
}

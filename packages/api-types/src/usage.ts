/**
 * What a node's cgroups said at one moment; sent by the agent about every two seconds and kept in memory. Figures per
 * time are of the span since the sample before; counters only grow, and start anew with the container or the pod.
 */
export interface NodeUsage {
  /** RFC 3339. */
  readonly at: string;
  /** Of all pods of the node together. */
  readonly cpuMilli: number;
  readonly memoryBytes: number;
  readonly pods: readonly PodUsage[];
  /** The node with what is not in its pods; absent where that cannot be read. */
  readonly node?: WholeNodeUsage;
  /** What a container costs beside what runs in it; measured now and then, absent where it cannot be. */
  readonly overhead?: ContainerOverhead;
}

/** Memory of the processes that the engine keeps for containers (one shim each), which no container's cgroup counts. */
export interface ContainerOverhead {
  readonly containers: number;
  /** Proportional set size in sum: shared pages count once. */
  readonly memoryBytes: number;
}

export interface WholeNodeUsage {
  readonly cpuMilli: number;
  /** Counter: microseconds of cpu. */
  readonly cpuMicros: number;
  readonly memoryBytes: number;
  /**
   * `host`: all that runs there. `cgroup`: of nodes that share an engine, what runs in the node's own cgroup; `pods`: the
   * sum over its pods, where it has none.
   */
  readonly of: 'host' | 'cgroup' | 'pods';
}

export interface PodUsage {
  readonly uid: string;
  readonly cpuMilli: number;
  /** Working set: usage less inactive file cache. */
  readonly memoryBytes: number;
  /** Share of cfs periods that were throttled since the last sample, 0 to 1. */
  readonly throttledRatio: number;
  /** Those that run; not in the dashboard's feed. */
  readonly containers?: readonly ContainerCounters[];
  /** Absent for pods on the host's network, and from the dashboard's feed. */
  readonly network?: NetworkCounters;
}

/** Counters of a running container. Absent is zero, or not counted by the kernel. */
export interface ContainerCounters {
  readonly name: string;
  /** Counter: microseconds of cpu. */
  readonly cpuMicros: number;
  /** Working set. */
  readonly memoryBytes: number;
  /** Counter: microseconds that threads waited because the container's cpu limit was used up. */
  readonly throttledMicros?: number;
  /** Processes and threads now. */
  readonly pids?: number;
  /** Counters of what went to and from disks. */
  readonly readBytes?: number;
  readonly writeBytes?: number;
  readonly reads?: number;
  readonly writes?: number;
}

/** Counters of a pod's own network, loopback left out. */
export interface NetworkCounters {
  readonly rxBytes: number;
  readonly txBytes: number;
}

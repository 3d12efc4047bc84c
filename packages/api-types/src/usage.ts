/** What a node's cgroups said at one moment; sent by the agent about every two seconds and kept in memory. */
export interface NodeUsage {
  /** RFC 3339. */
  readonly at: string;
  /** Of all pods of the node together. */
  readonly cpuMilli: number;
  readonly memoryBytes: number;
  readonly pods: readonly PodUsage[];
}

export interface PodUsage {
  readonly uid: string;
  readonly cpuMilli: number;
  /** Working set: usage less inactive file cache. */
  readonly memoryBytes: number;
  /** Share of cfs periods that were throttled since the last sample, 0 to 1. */
  readonly throttledRatio: number;
}

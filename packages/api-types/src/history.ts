/**
 * The last half hour of what pods, workloads and nodes used, from the controller's memory:
 * `GET /api/usage-history?of=pod/UID&of=node/NAME&of=workload/Deployment/NAMESPACE/NAME&seconds=600` of the dashboard's
 * server, with up to {@link maxHistorySubjects} subjects. A subject that nothing is known of has no values. History of
 * what has gone stays for its half hour. A controller that starts anew begins with nothing.
 */
export const usageHistoryPath = '/api/usage-history';

export const maxHistorySubjects = 200;

/** Of what: a pod by its uid, a node by its name, a workload (the sum over its pods) by kind, namespace and name. */
export type HistorySubject = `pod/${string}` | `node/${string}` | `workload/${string}/${string}/${string}`;

/**
 * What is kept, all as mean over the step: thousandths of a core; bytes of working set; share of the cfs periods that
 * were throttled (a workload's: the mean over its pods), 0 to 1; to and from disks bytes and operations per second; from
 * and to the network bytes per second; processes and threads; and how many pods the sum is of. A node's `cpuMilli` and
 * `memoryBytes` are those of the whole node, the others those of its pods.
 */
export const historyMetrics = [
  'cpuMilli',
  'memoryBytes',
  'throttledRatio',
  'readBytes',
  'writeBytes',
  'reads',
  'writes',
  'rxBytes',
  'txBytes',
  'pids',
  'pods',
] as const;

export type HistoryMetric = (typeof historyMetrics)[number];

export interface HistoryAnswer {
  /** Server time, milliseconds since the epoch. */
  readonly at: number;
  /** When the first step began, milliseconds since the epoch: value i is of `from + i * stepMs` and the step after. */
  readonly from: number;
  /** 2,000 for up to two minutes, 10,000 up to ten, 30,000 up to thirty. */
  readonly stepMs: number;
  /** In the order asked. */
  readonly series: readonly HistorySeries[];
}

export interface HistorySeries {
  readonly of: string;
  /** One value a step, null where there was no sample. A metric that was zero throughout is left out. */
  readonly values: Readonly<Partial<Record<HistoryMetric, readonly (number | null)[]>>>;
}

import type { NodeUsage } from './usage.ts';

/**
 * The dashboard's live feed: what the controller sends over one WebSocket. Objects are trimmed to the fields the page
 * shows and quantities are numbers, so that the page parses nothing. Absent means default, false, none or zero.
 *
 * A connection starts with a `snapshot`, or with `resumed` where the client named the epoch and revision it last saw and
 * the server still holds every frame since. Then come `delta` frames (coalesced changes, at most one per ~75 ms) and a
 * `tick` every second. Applying every frame in order gives exactly the state of the watch cache at `revision`.
 */
export type FeedFrame = FeedSnapshot | FeedResumed | FeedDelta | FeedTick;

/** Path of the WebSocket; the query may carry `epoch` and `revision` of the last frame seen. */
export const feedPath = '/feed';

/** WebSocket close codes of the feed: why the server hung up. */
export const feedCloseCodes = { tooSlow: 4408, shuttingDown: 1001 } as const;

export interface FeedSnapshot extends FeedObjects {
  readonly type: 'snapshot';
  /** Identifies one life of the server: revisions of another epoch cannot be resumed. */
  readonly epoch: string;
  readonly revision: number;
  /** Server time, milliseconds since the Unix epoch: ages are computed against it, never against the browser's clock. */
  readonly at: number;
  readonly cluster: FeedCluster;
  readonly usage: Readonly<Record<string, NodeUsage>>;
  /** Node name to the server time its last heartbeat arrived, milliseconds since the Unix epoch. */
  readonly heartbeats: Readonly<Record<string, number>>;
}

/** The present objects of every kind the page shows. */
export interface FeedObjects {
  readonly nodes: readonly FeedNode[];
  readonly pods: readonly FeedPod[];
  readonly workloads: readonly FeedWorkload[];
  readonly services: readonly FeedService[];
  /** The newest ones only (see the server's limit), oldest first. */
  readonly events: readonly FeedEvent[];
}

export type FeedKind = keyof FeedObjects;

export interface FeedResumed {
  readonly type: 'resumed';
  readonly revision: number;
  readonly at: number;
  readonly cluster: FeedCluster;
}

export interface FeedDelta {
  readonly type: 'delta';
  readonly revision: number;
  readonly at: number;
  readonly changes: { readonly [K in FeedKind]?: FeedChanges<FeedObjects[K][number]> };
}

export interface FeedChanges<T> {
  /** New state of objects that are new or changed. */
  readonly set?: readonly T[];
  /** Keys of objects that are gone. */
  readonly gone?: readonly string[];
}

export interface FeedTick {
  readonly type: 'tick';
  readonly at: number;
  readonly heartbeats: Readonly<Record<string, number>>;
  /** Only the nodes with a newer sample than the last tick had. */
  readonly usage?: Readonly<Record<string, NodeUsage>>;
}

/** Whose session it is: `admin` may do everything, `read-only` may look, but not at Secrets or into containers. The API enforces it. */
export type FeedRole = 'admin' | 'read-only';

export interface FeedCluster {
  readonly name: string;
  readonly version: string;
  readonly role: FeedRole;
  readonly settings: FeedSettings;
}

/** Values in force, printed where they matter. Seconds. */
export interface FeedSettings {
  /** Without a heartbeat for this long a node turns NotReady. */
  readonly nodeGraceSeconds: number;
  /** tolerationSeconds given to pods that name none for unreachable and not-ready nodes. */
  readonly defaultTolerationSeconds: number;
}

export interface FeedResources {
  readonly cpuMilli: number;
  readonly memoryBytes: number;
}

/** `key` is `namespace/name`, or `name` for nodes: unique within a kind. */
interface FeedObject {
  readonly key: string;
  readonly uid: string;
  /** RFC 3339. */
  readonly createdAt: string;
}

export interface FeedCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  /** RFC 3339, last transition. */
  readonly since?: string;
}

export interface FeedNode extends FeedObject {
  readonly labels?: Readonly<Record<string, string>>;
  /** Label `topology.kubernetes.io/zone`. */
  readonly zone?: string;
  readonly unschedulable?: boolean;
  readonly conditions: readonly FeedCondition[];
  readonly taints: readonly FeedTaint[];
  readonly capacity: FeedResources;
  readonly allocatable: FeedResources & { readonly pods: number };
  readonly internalIp?: string;
  readonly runtime?: string;
  readonly os?: string;
}

export interface FeedTaint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
  /** RFC 3339. */
  readonly addedAt?: string;
}

export interface FeedPod extends FeedObject {
  readonly labels?: Readonly<Record<string, string>>;
  readonly nodeName?: string;
  /** The controller owner: a ReplicaSet for the pods of a Deployment. */
  readonly owner?: FeedOwner;
  /** `status.phase`. */
  readonly phase: string;
  /** As `kubectl get pods` prints it in STATUS. */
  readonly status: string;
  /** Why it waits or failed, in the words of the scheduler or the kubelet. */
  readonly message?: string;
  readonly isReady?: boolean;
  readonly restarts?: number;
  /** RFC 3339; when the pod is being deleted: the end of its grace period. */
  readonly deletedAt?: string;
  /** What the scheduler counts: sum over containers, or the largest init container where that is more, plus overhead. */
  readonly requests: FeedResources;
  /** Sum of the limits that are declared. */
  readonly limits: FeedResources;
  /** `tolerationSeconds` for the unreachable taint; absent: stays for ever. */
  readonly unreachableSeconds?: number;
  readonly ip?: string;
  readonly containers: readonly FeedContainer[];
  readonly timing?: FeedPodTiming;
}

/**
 * How long a pod took to get where it is, in seconds from its creation, as its status says: Kubernetes' times are whole
 * seconds. Absent where it is not there yet, and `running` and `ready` after a restart, as they then tell of that.
 */
export interface FeedPodTiming {
  readonly scheduled?: number;
  /** All its containers run. */
  readonly running?: number;
  readonly ready?: number;
}

export interface FeedOwner {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

export interface FeedContainer {
  readonly name: string;
  readonly image: string;
  readonly state: 'waiting' | 'running' | 'terminated' | 'unknown';
  readonly reason?: string;
  readonly message?: string;
  readonly restarts?: number;
}

/** The kinds that make pods, or make what makes them. */
export type FeedWorkloadKind =
  | 'Deployment'
  | 'ReplicaSet'
  | 'ReplicationController'
  | 'StatefulSet'
  | 'DaemonSet'
  | 'Job'
  | 'CronJob';

/** What makes pods. `key` is `Kind/namespace/name`. */
export interface FeedWorkload extends FeedObject {
  readonly kind: FeedWorkloadKind;
  readonly owner?: FeedOwner;
  /**
   * Pods wanted now: `spec.replicas`; of a DaemonSet one for each node that suits it; of a Job what its parallelism lets
   * run of what is still to do; of a CronJob none, as its Jobs make them.
   */
  readonly replicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
  readonly updatedReplicas?: number;
  /** `status.replicas`: pods that exist; of a CronJob its Jobs that run. */
  readonly currentReplicas: number;
  /**
   * A Deployment's annotation; of a StatefulSet the number of the ControllerRevision that `updatedReplicas` counts, of a
   * DaemonSet that of its newest.
   */
  readonly revision?: string;
  /** `spec.paused`, or `spec.suspend`. */
  readonly paused?: boolean;
  /** `updateStrategy` OnDelete: a new template is for pods that somebody deletes. */
  readonly isOnDelete?: boolean;
  /** Of a StatefulSet: pods below this ordinal keep the former template. */
  readonly partition?: number;
  readonly job?: FeedJobProgress;
  /** Of a CronJob. */
  readonly schedule?: string;
  readonly selector: Readonly<Record<string, string>>;
  /** Of one replica. */
  readonly requests: FeedResources;
  readonly limits: FeedResources;
  readonly images: readonly string[];
  readonly conditions: readonly FeedCondition[];
}

/** How far a Job is. */
export interface FeedJobProgress {
  /** Successes that it takes; absent: the first one ends it (a work queue). */
  readonly completions?: number;
  readonly parallelism: number;
  readonly succeeded: number;
  readonly failed: number;
}

export interface FeedService extends FeedObject {
  readonly type: string;
  readonly clusterIp?: string;
  /** As kubectl prints them: `80/TCP`, `80:30080/TCP`. */
  readonly ports: readonly string[];
  readonly selector: Readonly<Record<string, string>>;
  /** As its EndpointSlices say; absent where it has none. */
  readonly endpoints?: FeedEndpointCounts;
}

export interface FeedEndpointCounts {
  readonly ready: number;
  readonly notReady: number;
  /** Still serving or not, on their way out. */
  readonly terminating: number;
}

export interface FeedEvent extends FeedObject {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  /** RFC 3339, when it was last seen. */
  readonly at: string;
  readonly about: { readonly kind: string; readonly namespace?: string; readonly name: string; readonly uid?: string };
  readonly component?: string;
}

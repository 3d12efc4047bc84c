import type { PodTemplateSpec, Taint, Toleration } from './generated/types.ts';
import type { NodeVerdict } from './scheduling.ts';

/** The group of Gantry's own resources. */
export const gantryApiVersion = 'gantry.io/v1';

/**
 * A what-if: `POST /apis/gantry.io/v1/simulations` runs the real scheduler on a copy of the real state and answers with
 * the same object and a `status`. Nothing is stored and nothing is changed. Readers may ask.
 */
export interface Simulation {
  readonly apiVersion: typeof gantryApiVersion;
  readonly kind: 'Simulation';
  readonly spec: SimulationSpec;
  readonly status?: SimulationStatus;
}

export interface SimulationSpec {
  /** Carried out in this order before any pod is placed. None: what happens to the pods that wait now. */
  readonly changes?: readonly SimulationChange[];
  /** Also look for fixes for the pods that wait in the end; each one offered has been simulated. */
  readonly suggest?: boolean;
  /** `namespace/name`: suggestions are for this pod (and its equals) only. */
  readonly pod?: string;
  /** How many nodes a wait lists with their verdicts, nearest miss first (default 50). */
  readonly maxNodes?: number;
  /** How many placements the answer lists (default 5,000); the counts always cover all. */
  readonly maxPlacements?: number;
}

/** A workload by name; `namespace` is `default` where absent. */
export interface WorkloadReference {
  readonly kind: 'Deployment' | 'ReplicaSet' | 'ReplicationController' | 'StatefulSet' | 'DaemonSet' | 'Job';
  readonly namespace?: string;
  readonly name: string;
}

/** What a change of pods is about: a workload's pods or one pod (`namespace/name`). */
export type SimulationTarget =
  | { readonly workload: WorkloadReference; readonly pod?: never }
  | { readonly pod: string; readonly workload?: never };

export type SimulationChange =
  | ScaleChange
  | RemoveNodeChange
  | DrainNodeChange
  | CordonNodeChange
  | LabelNodeChange
  | AddNodesChange
  | SetRequestsChange
  | AddTolerationChange
  | EvictPodsChange
  | AddPodsChange;

/** `spec.replicas` of the workload; going down takes the pods that its controller would take. */
export interface ScaleChange {
  readonly type: 'scale';
  readonly workload: WorkloadReference;
  readonly replicas: number;
}

/** The node is lost for good: controllers make its pods anew; DaemonSet pods and bare pods are lost with it. */
export interface RemoveNodeChange {
  readonly type: 'removeNode';
  readonly node: string;
}

/** Cordon, then evict all but DaemonSet pods; bare pods are lost. */
export interface DrainNodeChange {
  readonly type: 'drainNode';
  readonly node: string;
}

/** `spec.unschedulable`: true (the default) cordons, false uncordons. */
export interface CordonNodeChange {
  readonly type: 'cordonNode';
  readonly node: string;
  readonly unschedulable?: boolean;
}

/** Sets labels of a node; null takes one off. */
export interface LabelNodeChange {
  readonly type: 'labelNode';
  readonly node: string;
  readonly labels: Readonly<Record<string, string | null>>;
}

/** New, empty, ready nodes: allocatable amounts as quantities. */
export interface AddNodesChange {
  readonly type: 'addNodes';
  /** Default 1. */
  readonly count?: number;
  readonly cpu: string;
  readonly memory: string;
  /** Default 110. */
  readonly pods?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly Taint[];
  /** The nodes are called `PREFIX-1`, `PREFIX-2` and so on (default `new-node`). */
  readonly namePrefix?: string;
}

/** New requests of a workload's (or one pod's) containers. */
export type SetRequestsChange = SimulationTarget & {
  readonly type: 'setRequests';
  /** Default: every container (ordinary ones, not init containers). */
  readonly container?: string;
  /** Quantities, by resource: `{ cpu: '250m' }`. Other resources keep their requests. */
  readonly requests: Readonly<Record<string, string>>;
  /** True: running pods are resized where they are. False (default): the template changes, so all pods are made anew. */
  readonly inPlace?: boolean;
};

/** As if the template had this toleration too: all pods are made anew. */
export type AddTolerationChange = SimulationTarget & {
  readonly type: 'addToleration';
  readonly toleration: Toleration;
};

/** The pods (`namespace/name`) leave their nodes; their controllers make new ones, bare pods are lost. */
export interface EvictPodsChange {
  readonly type: 'evictPods';
  readonly pods: readonly string[];
}

/** Pods of a template that belongs to no workload yet. */
export interface AddPodsChange {
  readonly type: 'addPods';
  readonly namespace?: string;
  /** The pods are called `NAME-1` and so on. */
  readonly name: string;
  readonly template: PodTemplateSpec;
  /** Default 1. */
  readonly count?: number;
}

export interface SimulationStatus {
  /** The answer in words, most important sentence first. */
  readonly summary: readonly string[];
  readonly counts: SimulationCounts;
  /** One entry for each workload that pods are placed for, wait for, or that was changed. */
  readonly workloads: readonly SimulatedWorkload[];
  /** Where pods would go, in the order they would be placed. */
  readonly placements: readonly SimulatedPlacement[];
  /** Pods that would wait: equal pods together. */
  readonly waits: readonly SimulatedWait[];
  /** Pods that nobody makes anew. */
  readonly lost: readonly SimulatedLoss[];
  /** Pods that scaling down takes: `namespace/name`. */
  readonly deleted: readonly string[];
  readonly nodes: readonly SimulatedNode[];
  /** With `suggest`: best first. */
  readonly fixes?: readonly SimulationFix[];
  /** How long the scheduler took, without waiting for its turn. */
  readonly durationMs: number;
}

export interface SimulationCounts {
  /** Pods that got a node in the simulation. */
  readonly placed: number;
  /** Of those: the pods that were on another node (or on the same one, before they were made anew). */
  readonly moved: number;
  readonly waiting: number;
  readonly lost: number;
  readonly deleted: number;
}

/** How many of a workload's pods have or get a node. */
export interface SimulatedWorkload extends WorkloadReference {
  readonly namespace: string;
  /** Pods it has in the end, waiting ones included. */
  readonly replicas: number;
  readonly fitting: number;
  readonly waiting: number;
}

export interface SimulatedPlacement {
  /** `namespace/name`; the name of a new pod is made up (`isNew`). */
  readonly pod: string;
  readonly isNew: boolean;
  readonly workload?: WorkloadReference;
  readonly nodeName: string;
  /** The node that it was on. */
  readonly movedFrom?: string;
  readonly score: number;
  /** By plugin, weighted. */
  readonly scores: Readonly<Record<string, number>>;
  readonly nextBest?: {
    readonly nodeName: string;
    readonly score: number;
    readonly scores: Readonly<Record<string, number>>;
  };
}

/** Equal pods that wait for the same reason. */
export interface SimulatedWait {
  readonly pods: readonly string[];
  readonly count: number;
  /** How many of them exist only in the simulation. */
  readonly newPods: number;
  readonly workload?: WorkloadReference;
  /** The nodes that these pods were on, where they lost them. */
  readonly movedFrom?: readonly string[];
  /** Kubernetes' sentence. */
  readonly message: string;
  /** The same in plain words with numbers: what each needs, the largest hole, what is free in total. */
  readonly text: string;
  /** Every node's verdict in the end state, nearest miss first; `nodesTotal` says how many there are. */
  readonly nodes: readonly NodeVerdict[];
  readonly nodesTotal: number;
}

export interface SimulatedLoss {
  readonly pod: string;
  readonly nodeName: string;
  /** In words: `a bare pod: nobody makes it anew`. */
  readonly reason: string;
}

/** Amounts: cpu in milli-cpu, memory in bytes. */
export interface NodeTotals {
  readonly cpuMilli: number;
  readonly memoryBytes: number;
  readonly pods: number;
}

export interface SimulatedNode {
  readonly name: string;
  readonly change: 'none' | 'added' | 'removed';
  readonly allocatable: NodeTotals;
  /** Requested by the pods on it, now; zero for added nodes. */
  readonly before: NodeTotals;
  /** In the end; zero for removed nodes. */
  readonly after: NodeTotals;
}

export interface SimulationFix {
  readonly type: SimulationChange['type'] | 'uncordonNode';
  /** `lower the cpu request to 320m: fits node-1`. */
  readonly text: string;
  /** What was simulated: send it as `changes` to preview it. */
  readonly changes: readonly SimulationChange[];
  /** How many of the `waiting` pods it makes fit. */
  readonly fits: number;
  readonly waiting: number;
  /** Where they would go. */
  readonly nodeNames: readonly string[];
  /** Absent where no patch of an object does it (new hosts). */
  readonly patch?: FixPatch;
  /** As a shell line. */
  readonly command: string;
}

/** A patch that carries a fix out. */
export interface FixPatch {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  /** `application/strategic-merge-patch+json` and the like. */
  readonly contentType: string;
  readonly patch: unknown;
  /** The patch as YAML, to read. */
  readonly yaml: string;
}

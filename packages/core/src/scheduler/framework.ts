import type { FilterRefusal } from './decision.ts';
import type { NodeInfo } from './node-info.ts';
import type { FitClass } from './pod-classes.ts';
import type { PodInfo } from './pod-info.ts';
import type { ClusterSnapshot } from './snapshot.ts';

/** Why a plugin refuses a node; the framework adds the plugin's name. */
export type Refusal = Omit<FilterRefusal, 'plugin'>;

/** Empty means feasible. */
export type FilterResult = readonly Refusal[];

/** The node suits the pod as far as this plugin is concerned. */
export const feasible: FilterResult = [];

/** The node is refused for one reason, in Kubernetes' words; `detail` says it for this node. */
export function unschedulable(reason: string, detail?: string): FilterResult {
  return [{ reason, ...(detail === undefined ? {} : { detail }) }];
}

/** As {@link unschedulable}, where the detail is put into words only once somebody reads it: thousands of nodes are refused. */
export function unschedulableLazily(reason: string, detail: () => string): FilterResult {
  return [
    {
      reason,
      get detail() {
        return detail();
      },
    },
  ];
}

/**
 * Decides on one node from that node alone. Pure. `dependsOn` says what can change the answer: the Node object, or also
 * the pods on it.
 */
export interface NodeFilterPlugin {
  readonly name: string;
  readonly dependsOn: 'node' | 'pods';
  filter(pod: FitClass, node: NodeInfo): FilterResult;
}

/** Decides on nodes from the whole cluster: `prepare` counts once per pod, its result is asked for each node. Pure. */
export interface ClusterFilterPlugin {
  readonly name: string;
  readonly dependsOn: 'cluster';
  /** Undefined where the plugin has nothing to say about this pod. */
  prepare(pod: PodInfo, snapshot: ClusterSnapshot): ((node: NodeInfo) => FilterResult) | undefined;
  /** Why the pod fits nowhere, whatever the node: said alone and not counted by node. */
  refusesPod?(pod: PodInfo, snapshot: ClusterSnapshot): string | undefined;
}

export type FilterPlugin = NodeFilterPlugin | ClusterFilterPlugin;

/**
 * Scores one node as an integer: 0 to 100, or any non-negative number where `normalize` scales it to that by the highest
 * score among the feasible nodes (`reversed`: the highest raw score becomes 0).
 */
export interface NodeScorePlugin {
  readonly name: string;
  readonly weight: number;
  readonly dependsOn: 'node' | 'pods' | 'images';
  readonly normalize?: 'byMax' | 'byMaxReversed';
  score(pod: FitClass, node: NodeInfo, snapshot: ClusterSnapshot): number;
}

/** Scores the feasible nodes against each other. */
export interface ClusterScorePlugin {
  readonly name: string;
  readonly weight: number;
  readonly dependsOn: 'cluster';
  /** One score, 0 to 100, per feasible slot, in their order; undefined where every node would get the same. */
  scoreAll(pod: PodInfo, snapshot: ClusterSnapshot, feasibleSlots: Int32Array): Float64Array | undefined;
}

export type ScorePlugin = NodeScorePlugin | ClusterScorePlugin;

/** The plugins of a scheduler; filters are asked in order, and a node's message comes from the first that refuses. */
export interface SchedulerPlugins {
  readonly filters: readonly FilterPlugin[];
  readonly scores: readonly ScorePlugin[];
}

/** Kubernetes' scaling of a raw score to 0..100 by the highest one, in whole numbers. */
export function normalizeScore(raw: number, max: number, kind: 'byMax' | 'byMaxReversed'): number {
  const scaled = max === 0 ? 0 : Math.floor((100 * raw) / max);
  return kind === 'byMaxReversed' ? 100 - scaled : scaled;
}

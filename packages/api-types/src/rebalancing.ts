import type { gantryApiVersion, SimulatedNode, WorkloadReference } from './simulation.ts';

/**
 * A preview: `POST /apis/gantry.io/v1/rebalanceplans` answers which pods a `Rebalance` of the same fields would move, and
 * what gets better. Nothing is stored and nothing moves. Readers may ask.
 */
export interface RebalancePlan {
  readonly apiVersion: typeof gantryApiVersion;
  readonly kind: 'RebalancePlan';
  readonly spec: RebalancePlanSpec;
  readonly status?: RebalancePlanStatus;
}

/** As in the spec of a Rebalance. */
export interface RebalancePlanSpec {
  readonly emptyNode?: string;
  /** Default 50. */
  readonly maxMoves?: number;
}

export interface RebalancePlanStatus {
  /** In words, most important first. */
  readonly summary: readonly string[];
  /** In the order in which they would be made. */
  readonly moves: readonly PlannedMove[];
  /** Of the node that is to be emptied: pods that stay, and why. */
  readonly stays: readonly { readonly pod: string; readonly reason: string }[];
  /** How unevenly nodes are asked: the requested share of the fullest node less that of the emptiest, 0 to 1. */
  readonly spread: { readonly before: number; readonly after: number };
  readonly nodes: readonly SimulatedNode[];
  /** Nodes all of whose pods would find room on the others, at the same time. */
  readonly emptiable: readonly string[];
}

export interface PlannedMove {
  /** `namespace/name`. */
  readonly pod: string;
  readonly podUid: string;
  readonly workload?: WorkloadReference;
  readonly from: string;
  /** Where the scheduler would put the replacement. */
  readonly to: string;
  readonly cpuMilli: number;
  readonly memoryBytes: number;
}

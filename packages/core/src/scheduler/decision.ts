import type { NodeVerdict } from '@gantry/api-types';

export type { FilterRefusal, NodeVerdict } from '@gantry/api-types';

/** Why one pod was placed where it is, or why it waits: kept for the dashboard and `what-if`. Plain JSON. */
export interface SchedulingDecision {
  readonly podKey: string;
  readonly podUid: string;
  /** RFC 3339. */
  readonly at: string;
  readonly outcome: 'bound' | 'unschedulable';
  /** The chosen node, for `bound`. */
  readonly nodeName?: string;
  /** Kubernetes' sentence, for `unschedulable`. */
  readonly message?: string;
  /** How often this pod was tried, this time included. */
  readonly attempts: number;
  readonly durationMs: number;
  /** Nodes looked at, best first; capped (`nodesTotal` says how many there were). */
  readonly nodes: readonly NodeVerdict[];
  readonly nodesTotal: number;
}

/** Where a pod stands that waits for its node. */
export interface QueuePlace {
  /** `active`: next in turn; `taken`: being tried; `backoff`: failed otherwise; `blocked`: fits nowhere as things are. */
  readonly state: 'active' | 'taken' | 'backoff' | 'blocked';
  /** 1 for the first of all that wait. */
  readonly position: number;
  /** How many wait. */
  readonly waiting: number;
  readonly attempts: number;
  /** Milliseconds since the epoch: when it is tried at the latest. One that fits nowhere is tried sooner if anything changes. */
  readonly nextTryAt?: number;
}

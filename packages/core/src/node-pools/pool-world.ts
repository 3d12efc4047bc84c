import type { Node, NodePool, NodePoolHost } from '@gantry/api-types';
import type { Dispensability } from './find-dispensable.ts';
import type { RoomAnswer } from './find-room.ts';

/** The finalizer that keeps a NodePool until its hosts are gone. */
export const nodePoolFinalizer = 'gantry.io/node-pool';

export type HostPhase = 'Provisioning' | 'Joining' | 'Ready' | 'Draining' | 'Removing';

/** What the provider made of a request, once. */
export interface HostOutcome {
  readonly action: 'create' | 'delete';
  /** Why it failed; undefined where it did not. */
  readonly problem?: string;
}

/** Everything that a pool is planned from. */
export interface PoolWorld {
  readonly pool: NodePool;
  /** The Node of that name, if there is one. */
  readonly node: (name: string) => Node | undefined;
  /** How many pods keep the host from being removed: those to be evicted, and those about to end. */
  readonly podsLeft: (name: string) => number;
  /** What keeps pods of the host from being evicted now, in words. */
  readonly drainBlocker: (name: string) => string | undefined;
  /** Undefined where it could not be asked (the scheduler is starting). */
  readonly room: RoomAnswer | undefined;
  /** Undefined where it was not asked this time: nothing is drained on old answers. */
  readonly dispensable: ReadonlyMap<string, Dispensability> | undefined;
  /** What came of what was asked of the provider since the last plan, by host. */
  readonly outcomes: ReadonlyMap<string, HostOutcome>;
  /** Why the provider cannot be asked at all. */
  readonly providerProblem?: string | undefined;
  readonly nowMs: number;
}

export interface PoolEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** What to do about the hosts of a pool, once the status is written. */
export interface PoolPlan {
  readonly status: NodePool['status'];
  readonly events: readonly PoolEvent[];
  /** Hosts that the provider is to make; it may have them already. */
  readonly create: readonly string[];
  /** Hosts that the provider is to remove, and whose Nodes go with them. */
  readonly remove: readonly string[];
  /** Nodes to cordon and empty. */
  readonly drain: readonly string[];
  /** Nodes that take pods again. */
  readonly uncordon: readonly string[];
  readonly recheckAfterMs: number | undefined;
}

/** Whether the host counts as one that the pool has or will have. */
export function isKept({ phase }: NodePoolHost): boolean {
  return phase !== 'Draining' && phase !== 'Removing';
}

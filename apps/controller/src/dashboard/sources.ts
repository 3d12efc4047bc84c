import type { FeedCluster, NodeUsage } from '@gantry/api-types';
import type { SchedulingDecision } from '@gantry/core';
import type { QueuePlace } from '@gantry/core/scheduler/decision';

/** What the agents last said about their nodes; kept in memory by the sessions. */
export interface UsageSource {
  /** The newest sample by node name. */
  latest(): ReadonlyMap<string, NodeUsage>;
  /** When the node's last heartbeat arrived, milliseconds since the epoch; undefined where none has since start. */
  lastSeen(nodeName: string): number | undefined;
}

/** The scheduler's records of its decisions, by pod uid; undefined where none is kept (any more). */
export interface DecisionSource {
  get(podUid: string): SchedulingDecision | undefined;
}

/** Where pods stand that wait for a node. */
export interface QueueSource {
  placeOf(podUid: string): QueuePlace | undefined;
}

/** What the page shows about the cluster as a whole. */
export type ClusterFacts = Omit<FeedCluster, 'role'>;

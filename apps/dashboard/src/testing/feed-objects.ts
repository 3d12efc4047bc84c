import type { FeedEvent, FeedFrame, FeedNode, FeedPod, FeedSnapshot, FeedWorkload } from '@gantry/api-types/feed';
import { snapshotFrame } from '@gantry/core/history/test-frames';

const createdAt = '2026-11-21T12:00:00Z';
const none = { cpuMilli: 0, memoryBytes: 0 };

/** A pod in namespace default that asks for nothing and waits for a node, unless told otherwise. */
export function feedPod(name: string, change: Partial<FeedPod> = {}): FeedPod {
  return {
    key: `default/${name}`,
    uid: `uid-${name}`,
    createdAt,
    phase: 'Pending',
    status: 'Pending',
    requests: none,
    limits: none,
    containers: [],
    ...change,
  };
}

/** A Ready node with 4 cpus and 8 GiB. */
export function feedNode(name: string, change: Partial<FeedNode> = {}): FeedNode {
  const capacity = { cpuMilli: 4000, memoryBytes: 8 * 2 ** 30 };
  return {
    key: name,
    uid: `uid-${name}`,
    createdAt,
    conditions: [{ type: 'Ready', status: 'True' }],
    taints: [],
    capacity,
    allocatable: { ...capacity, pods: 110 },
    ...change,
  };
}

/** A Deployment, or a ReplicaSet where it has an owner, or of the kind that `change` names. */
export function feedWorkload(name: string, change: Partial<FeedWorkload> = {}): FeedWorkload {
  const kind = change.kind ?? (change.owner ? 'ReplicaSet' : 'Deployment');
  return {
    kind,
    key: `${kind}/default/${name}`,
    uid: `uid-${name}`,
    createdAt,
    replicas: 1,
    readyReplicas: 0,
    availableReplicas: 0,
    currentReplicas: 0,
    selector: {},
    requests: none,
    limits: none,
    images: [],
    conditions: [],
    ...change,
  };
}

/** An Event about a pod. */
export function feedEvent(name: string, at: string): FeedEvent {
  const about = { kind: 'Pod', namespace: 'default', name: 'web' };
  return {
    key: `default/${name}`,
    uid: name,
    createdAt: at,
    type: 'Normal',
    reason: 'Started',
    message: '',
    count: 1,
    at,
    about,
  };
}

/** A snapshot frame of an otherwise empty cluster. */
export function snapshot(change: Partial<FeedSnapshot> = {}): FeedSnapshot {
  return snapshotFrame(1000, change);
}

/** A delta frame. */
export function delta(revision: number, changes: Extract<FeedFrame, { type: 'delta' }>['changes']): FeedFrame {
  return { type: 'delta', revision, at: 1000, changes };
}

import type { FeedDelta, FeedNode, FeedPod, FeedSnapshot, FeedWorkload } from '@gantry/api-types';

const createdAt = '2026-11-21T12:00:00Z';
const none = { cpuMilli: 0, memoryBytes: 0 };

/** A pod in namespace default, for tests. */
export function feedPod(name: string, change: Partial<FeedPod> = {}): FeedPod {
  return {
    key: `default/${name}`,
    uid: `uid-${name}`,
    createdAt,
    phase: 'Running',
    status: 'Running',
    requests: none,
    limits: none,
    containers: [],
    ...change,
  };
}

/** A Ready node, for tests. */
export function feedNode(name: string, change: Partial<FeedNode> = {}): FeedNode {
  const conditions = [{ type: 'Ready', status: 'True' }];
  const allocatable = { ...none, pods: 110 };
  return { key: name, uid: `uid-${name}`, createdAt, conditions, taints: [], capacity: none, allocatable, ...change };
}

/** A Deployment, or a ReplicaSet where it has an owner, or of the kind that `change` names, for tests. */
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
    revision: '1',
    selector: {},
    requests: none,
    limits: none,
    images: [],
    conditions: [],
    ...change,
  };
}

/** A snapshot frame, for tests. */
export function snapshotFrame(at: number, change: Partial<FeedSnapshot> = {}): FeedSnapshot {
  const settings = { nodeGraceSeconds: 4, defaultTolerationSeconds: 1 };
  return {
    type: 'snapshot',
    epoch: 'e1',
    revision: 1,
    at,
    cluster: { name: 'test', version: 'v1.36.0', role: 'admin', settings },
    nodes: [],
    pods: [],
    workloads: [],
    services: [],
    events: [],
    usage: {},
    heartbeats: {},
    ...change,
  };
}

/** A delta frame, for tests. */
export function deltaFrame(at: number, changes: FeedDelta['changes']): FeedDelta {
  return { type: 'delta', revision: at, at, changes };
}

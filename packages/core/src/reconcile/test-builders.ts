import type { Deployment, DeploymentSpec, Pod, PodStatus, ReplicaSet } from '@gantry/api-types';
import { formatTime } from '../lib/timestamp.ts';
import { controllerReference } from './owner-references.ts';

/** Midnight, the first of January 2026. */
export const startMs = Date.UTC(2026, 0, 1);

export interface TestPodOptions {
  readonly name?: string;
  readonly owner?: ReplicaSet;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly nodeName?: string;
  readonly phase?: string;
  readonly readySinceMs?: number;
  readonly createdMs?: number;
  readonly isLeaving?: boolean;
  readonly restarts?: number;
}

/** A pod that runs nothing and says only what the test is about. */
export function testPod(options: TestPodOptions = {}): Pod {
  const { name = 'pod', owner, nodeName, readySinceMs, createdMs = startMs, restarts = 0 } = options;
  const status: PodStatus = {
    phase: options.phase ?? (readySinceMs === undefined ? 'Pending' : 'Running'),
    conditions:
      readySinceMs === undefined
        ? [{ type: 'Ready', status: 'False' }]
        : [{ type: 'Ready', status: 'True', lastTransitionTime: formatTime(readySinceMs) }],
    containerStatuses: [{ name: 'main', ready: false, restartCount: restarts, image: 'x', imageID: '' }],
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'default',
      uid: `uid-${name}`,
      resourceVersion: '1',
      creationTimestamp: formatTime(createdMs),
      labels: options.labels ?? owner?.spec.template?.metadata?.labels ?? { app: 'web' },
      ...(options.annotations ? { annotations: options.annotations } : {}),
      ...(owner ? { ownerReferences: [controllerReference(owner)] } : {}),
      ...(options.isLeaving ? { deletionTimestamp: formatTime(startMs) } : {}),
    },
    spec: { containers: [{ name: 'main', image: 'x' }], ...(nodeName ? { nodeName } : {}) },
    status,
  };
}

/** A ReplicaSet `web` of three replicas that selects `app=web`. */
export function testReplicaSet(changes: Partial<ReplicaSet['spec']> = {}, name = 'web'): ReplicaSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      namespace: 'default',
      uid: `uid-${name}`,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: formatTime(startMs),
    },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'x' }] } },
      ...changes,
    },
    status: { replicas: 0 },
  };
}

/** A Deployment `web` of three replicas, defaulted as the server would. */
export function testDeployment(changes: Partial<DeploymentSpec> = {}, image = 'web:1'): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'uid-deployment',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: formatTime(startMs),
    },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image }] } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      ...changes,
    },
    status: {},
  };
}

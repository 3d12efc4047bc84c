import type {
  CronJob,
  DaemonSet,
  Deployment,
  DeploymentSpec,
  Job,
  KubernetesObject,
  Node,
  Pod,
  PodStatus,
  ReplicaSet,
  StatefulSet,
} from '@gantry/api-types';
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

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'web:1' }] } };
const selector = { matchLabels: { app: 'web' } };

function metadataOf(name: string): KubernetesObject['metadata'] {
  return {
    name,
    namespace: 'default',
    uid: `uid-${name}`,
    resourceVersion: '1',
    generation: 1,
    creationTimestamp: formatTime(startMs),
  };
}

/** A StatefulSet `db` of three replicas, defaulted as the server would. */
export function testStatefulSet(changes: Partial<StatefulSet['spec']> = {}): StatefulSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: metadataOf('db'),
    spec: {
      replicas: 3,
      selector,
      serviceName: 'db',
      template,
      podManagementPolicy: 'OrderedReady',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      revisionHistoryLimit: 10,
      ...changes,
    },
    status: { replicas: 0, availableReplicas: 0 },
  };
}

/** A DaemonSet `agent`, defaulted as the server would. */
export function testDaemonSet(changes: Partial<DaemonSet['spec']> = {}): DaemonSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: metadataOf('agent'),
    spec: {
      selector,
      template,
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
      revisionHistoryLimit: 10,
      ...changes,
    },
    status: { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 },
  };
}

/** A node that has nothing against any pod. */
export function testNode(name: string, changes: Partial<Node['spec']> = {}, labels: Record<string, string> = {}): Node {
  const { namespace: _, ...metadata } = metadataOf(name);
  return { apiVersion: 'v1', kind: 'Node', metadata: { ...metadata, labels }, spec: { ...changes }, status: {} };
}

/** A Job `task` of one completion, defaulted as the server would. */
export function testJob(changes: Partial<Job['spec']> = {}): Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: metadataOf('task'),
    spec: {
      parallelism: 1,
      ...('parallelism' in changes ? {} : { completions: 1 }),
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      suspend: false,
      podReplacementPolicy: 'TerminatingOrFailed',
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'uid-task' } },
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'task:1' }] } },
      ...changes,
    },
    status: {},
  };
}

/** A CronJob `tick` that runs every minute, defaulted as the server would. */
export function testCronJob(changes: Partial<CronJob['spec']> = {}): CronJob {
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: metadataOf('tick'),
    spec: {
      schedule: '* * * * *',
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
      jobTemplate: { spec: testJob().spec },
      ...changes,
    },
    status: {},
  };
}

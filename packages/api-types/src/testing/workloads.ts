import type {
  CronJob,
  DaemonSet,
  Deployment,
  Job,
  PodSpec,
  ReplicaSet,
  ReplicationController,
  StatefulSet,
} from '../generated/types.ts';
import { type MetadataOptions, makeMetadata } from './metadata.ts';
import { type ContainerOptions, makeContainer, podDefaults } from './nodes-and-pods.ts';

export interface WorkloadOptions extends MetadataOptions, ContainerOptions {
  readonly replicas?: number;
  /** The labels of the pods and the selector; `{ app: <name> }` by default. */
  readonly podLabels?: Record<string, string>;
  readonly template?: Partial<PodSpec>;
}

function makeTemplate(options: WorkloadOptions, labels: Record<string, string>): Deployment['spec']['template'] {
  const { name: _, ...container } = options;
  return {
    metadata: { labels },
    spec: { containers: [makeContainer({ ...container, name: 'main' })], ...podDefaults(), ...options.template },
  };
}

export interface DeploymentOptions extends WorkloadOptions {
  readonly spec?: Partial<Deployment['spec']>;
  readonly status?: Deployment['status'];
}

/** A defaulted Deployment of one replica. */
export function makeDeployment(options: DeploymentOptions = {}): Deployment {
  const name = options.name ?? 'deployment';
  const labels = options.podLabels ?? { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: makeMetadata('Deployment', { generation: 1, ...options, name, isNamespaced: true }),
    spec: {
      replicas: options.replicas ?? 1,
      selector: { matchLabels: labels },
      template: makeTemplate(options, labels),
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      ...options.spec,
    },
    status: options.status ?? {},
  };
}

export interface ReplicaSetOptions extends WorkloadOptions {
  readonly spec?: Partial<ReplicaSet['spec']>;
  readonly status?: ReplicaSet['status'];
}

/** A defaulted ReplicaSet of one replica. */
export function makeReplicaSet(options: ReplicaSetOptions = {}): ReplicaSet {
  const name = options.name ?? 'replicaset';
  const labels = options.podLabels ?? { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: makeMetadata('ReplicaSet', { generation: 1, ...options, name, isNamespaced: true }),
    spec: {
      replicas: options.replicas ?? 1,
      selector: { matchLabels: labels },
      template: makeTemplate(options, labels),
      ...options.spec,
    },
    status: options.status ?? { replicas: 0 },
  };
}

export interface StatefulSetOptions extends WorkloadOptions {
  readonly spec?: Partial<StatefulSet['spec']>;
  readonly status?: StatefulSet['status'];
}

/** A defaulted StatefulSet of one replica. */
export function makeStatefulSet(options: StatefulSetOptions = {}): StatefulSet {
  const name = options.name ?? 'statefulset';
  const labels = options.podLabels ?? { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: makeMetadata('StatefulSet', { generation: 1, ...options, name, isNamespaced: true }),
    spec: {
      replicas: options.replicas ?? 1,
      selector: { matchLabels: labels },
      template: makeTemplate(options, labels),
      serviceName: name,
      podManagementPolicy: 'OrderedReady',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      revisionHistoryLimit: 10,
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      ...options.spec,
    },
    status: options.status ?? { replicas: 0, availableReplicas: 0 },
  };
}

export interface DaemonSetOptions extends WorkloadOptions {
  readonly spec?: Partial<DaemonSet['spec']>;
  readonly status?: DaemonSet['status'];
}

/** A defaulted DaemonSet. */
export function makeDaemonSet(options: DaemonSetOptions = {}): DaemonSet {
  const name = options.name ?? 'daemonset';
  const labels = options.podLabels ?? { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: makeMetadata('DaemonSet', { generation: 1, ...options, name, isNamespaced: true }),
    spec: {
      selector: { matchLabels: labels },
      template: makeTemplate(options, labels),
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
      revisionHistoryLimit: 10,
      ...options.spec,
    },
    status: options.status ?? {
      currentNumberScheduled: 0,
      numberMisscheduled: 0,
      desiredNumberScheduled: 0,
      numberReady: 0,
    },
  };
}

export interface JobOptions extends WorkloadOptions {
  readonly spec?: Partial<Job['spec']>;
  readonly status?: Job['status'];
}

/** A defaulted Job of one pod, with the selector and labels that the server makes. */
export function makeJob(options: JobOptions = {}): Job {
  const name = options.name ?? 'job';
  const metadata = makeMetadata('Job', { generation: 1, ...options, name, isNamespaced: true });
  const labels = {
    'job-name': name,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': metadata.uid,
    'batch.kubernetes.io/controller-uid': metadata.uid,
    ...options.podLabels,
  };
  const template = { restartPolicy: 'Never', ...options.template };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata,
    spec: {
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': metadata.uid } },
      template: makeTemplate({ ...options, template }, labels),
      completionMode: 'NonIndexed',
      suspend: false,
      podReplacementPolicy: 'TerminatingOrFailed',
      ...options.spec,
    },
    status: options.status ?? {},
  };
}

export interface CronJobOptions extends WorkloadOptions {
  readonly schedule?: string;
  readonly spec?: Partial<CronJob['spec']>;
  readonly status?: CronJob['status'];
}

/** A defaulted CronJob of every minute. */
export function makeCronJob(options: CronJobOptions = {}): CronJob {
  const name = options.name ?? 'cronjob';
  const template = { restartPolicy: 'Never', ...options.template };
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: makeMetadata('CronJob', { generation: 1, ...options, name, isNamespaced: true }),
    spec: {
      schedule: options.schedule ?? '* * * * *',
      concurrencyPolicy: 'Allow',
      suspend: false,
      jobTemplate: { spec: { template: makeTemplate({ ...options, template }, options.podLabels ?? { app: name }) } },
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
      ...options.spec,
    },
    status: options.status ?? {},
  };
}

export interface ReplicationControllerOptions extends WorkloadOptions {
  readonly spec?: Partial<ReplicationController['spec']>;
  readonly status?: ReplicationController['status'];
}

/** A defaulted ReplicationController of one replica. */
export function makeReplicationController(options: ReplicationControllerOptions = {}): ReplicationController {
  const name = options.name ?? 'controller';
  const labels = options.podLabels ?? { app: name };
  return {
    apiVersion: 'v1',
    kind: 'ReplicationController',
    metadata: makeMetadata('ReplicationController', { generation: 1, labels, ...options, name, isNamespaced: true }),
    spec: {
      replicas: options.replicas ?? 1,
      selector: labels,
      template: makeTemplate(options, labels),
      ...options.spec,
    },
    status: options.status ?? { replicas: 0 },
  };
}

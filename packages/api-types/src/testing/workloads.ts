import type { Deployment, PodSpec, ReplicaSet } from '../generated/types.ts';
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

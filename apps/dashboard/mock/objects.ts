import type { FeedEvent, FeedNode, FeedPod, FeedResources, FeedService, FeedWorkload } from '@gantry/api-types/feed';
import type { DeploymentOptions } from './fleet.ts';
import { revisionName } from './revisions.ts';

/** A Ready node; part of its capacity is kept for the system, as on a real one. */
export function makeNode(name: string, zone: string, capacity: FeedResources, now: number): FeedNode {
  return {
    key: name,
    uid: `uid-${name}`,
    createdAt: iso(now),
    labels: {
      'kubernetes.io/hostname': name,
      'topology.kubernetes.io/zone': `zone-${zone}`,
      'gantry.io/node-pool': zone === 'a' ? 'large' : 'small',
    },
    zone: `zone-${zone}`,
    conditions: [
      { type: 'MemoryPressure', status: 'False', reason: 'KubeletHasSufficientMemory' },
      { type: 'DiskPressure', status: 'False', reason: 'KubeletHasNoDiskPressure' },
      { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'agent is posting ready status' },
    ],
    taints: [],
    capacity,
    allocatable: { ...capacity, memoryBytes: Math.round(capacity.memoryBytes * 0.94), pods: 110 },
    internalIp: '192.0.2.10',
    runtime: 'docker://28.3.0',
    os: 'Debian GNU/Linux 12',
  };
}

/** A Deployment without pods yet. */
export function makeDeployment(options: DeploymentOptions, id: string, now: number): FeedWorkload {
  return {
    kind: 'Deployment',
    key: `Deployment/default/${options.name}`,
    uid: `uid-${id}`,
    createdAt: iso(now),
    replicas: options.replicas,
    readyReplicas: 0,
    availableReplicas: 0,
    currentReplicas: 0,
    revision: '1',
    selector: { app: options.name },
    requests: options.requests,
    limits: { cpuMilli: options.requests.cpuMilli * 2, memoryBytes: options.requests.memoryBytes * 2 },
    images: [options.image ?? `registry.test/${options.name}:1.4`],
    conditions: [
      {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      },
    ],
  };
}

/** The uids of a Deployment's ReplicaSets begin alike. */
function replicaSetUid(deployment: FeedWorkload): string {
  return deployment.revision === '1' ? `${deployment.uid}-rs` : `${deployment.uid}-rs${deployment.revision}`;
}

function hashOf(deployment: FeedWorkload): string {
  return deployment.revision === '1' ? '7d9f' : `7d9f${deployment.revision}`;
}

/** The ReplicaSet of a Deployment's present template. */
export function makeReplicaSet(deployment: FeedWorkload, id: string, now: number): FeedWorkload {
  const [, namespace, name] = deployment.key.split('/');
  return {
    ...deployment,
    kind: 'ReplicaSet',
    key: `ReplicaSet/${namespace}/${name}-${hashOf(deployment)}`,
    uid: replicaSetUid(deployment),
    createdAt: iso(now),
    owner: { kind: 'Deployment', name: name ?? id, uid: deployment.uid },
    conditions: [],
  };
}

/** The Service in front of a Deployment of the same name. */
export function makeService(name: string, number: number, now: number): FeedService {
  return {
    key: `default/${name}`,
    uid: `uid-service-${name}`,
    createdAt: iso(now),
    type: 'ClusterIP',
    clusterIp: `10.96.0.${number + 10}`,
    ports: ['80/TCP'],
    selector: { app: name },
    endpoints: { ready: 0, notReady: 0, terminating: 0 },
  };
}

/** A pod of a StatefulSet, DaemonSet or Job, not placed yet; `id` is the end of its name. */
export function makeOwnPod(workload: FeedWorkload, id: string, now: number): FeedPod {
  const [, namespace, name = ''] = workload.key.split('/');
  const image = workload.images[0] ?? '';
  const { unreachableSeconds, ...pod } = makePod(workload, id, now);
  return {
    ...pod,
    key: `${namespace}/${name}-${id}`,
    // Pods of an ordinal follow each other under one name.
    uid: `uid-${name}-${id}-${now}`,
    labels: workload.job
      ? { 'batch.kubernetes.io/job-name': name }
      : { ...workload.selector, 'controller-revision-hash': revisionName(name, image) },
    owner: { kind: workload.kind, name, uid: workload.uid },
    // Those of a DaemonSet stay on a node that is not heard of.
    ...(workload.kind === 'DaemonSet' || unreachableSeconds === undefined ? {} : { unreachableSeconds }),
  };
}

/** A pod of a Deployment, not placed yet. */
export function makePod(deployment: FeedWorkload, id: string, now: number): FeedPod {
  const [, namespace, name] = deployment.key.split('/');
  return {
    key: `${namespace}/${name}-${hashOf(deployment)}-${id}`,
    uid: `uid-${id}`,
    createdAt: iso(now),
    labels: deployment.selector,
    owner: { kind: 'ReplicaSet', name: `${name}-${hashOf(deployment)}`, uid: replicaSetUid(deployment) },
    phase: 'Pending',
    status: 'Pending',
    requests: deployment.requests,
    limits: deployment.limits,
    unreachableSeconds: 1,
    containers: [{ name: 'app', image: deployment.images[0] ?? '', state: 'waiting', reason: 'ContainerCreating' }],
  };
}

/** An Event about an object. */
export function makeEvent(
  kind: string,
  about: { readonly key: string; readonly uid: string },
  text: { readonly type: string; readonly reason: string; readonly message: string },
  id: string,
  now: number,
): FeedEvent {
  const parts = about.key.split('/');
  const name = parts[parts.length - 1] ?? about.key;
  return {
    key: `default/${name}.${id}`,
    uid: `uid-${id}`,
    createdAt: iso(now),
    ...text,
    count: 1,
    at: iso(now),
    about: { kind, ...(kind === 'Node' ? {} : { namespace: 'default' }), name, uid: about.uid },
  };
}

function iso(now: number): string {
  return new Date(now).toISOString();
}

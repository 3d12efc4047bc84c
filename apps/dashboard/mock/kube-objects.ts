import type { KubernetesObject } from '@gantry/api-types';
import type {
  FeedContainer,
  FeedNode,
  FeedPod,
  FeedResources,
  FeedService,
  FeedWorkload,
} from '@gantry/api-types/feed';

/** Kubernetes objects as the make-believe cluster's API shows what the fleet holds in feed form. */
export function podObject(pod: FeedPod): KubernetesObject {
  const [namespace = '', name = ''] = pod.key.split('/');
  const { owner } = pod;
  const object = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid: pod.uid,
      resourceVersion: '1',
      creationTimestamp: seconds(pod.createdAt),
      labels: { ...pod.labels, app: name.split('-')[0] ?? name },
      ...(owner ? { ownerReferences: [{ apiVersion: groupOf(owner.kind), ...owner, controller: true }] } : {}),
    },
    spec: {
      containers: pod.containers.map((container) => containerSpec(container.name, container.image, pod)),
      ...(pod.nodeName ? { nodeName: pod.nodeName } : {}),
      tolerations: tolerationsOf(pod),
      restartPolicy: owner?.kind === 'Job' ? 'Never' : 'Always',
      schedulerName: 'default-scheduler',
    },
    status: {
      phase: pod.phase,
      ...(pod.ip ? { podIP: pod.ip } : {}),
      conditions: [{ type: 'Ready', status: pod.isReady ? 'True' : 'False' }],
      containerStatuses: pod.containers.map(containerStatus),
    },
  };
  return object as unknown as KubernetesObject;
}

/** Those that the API gives to every pod that names none. */
function tolerationsOf({ unreachableSeconds }: FeedPod): object[] {
  const patience = unreachableSeconds === undefined ? {} : { tolerationSeconds: unreachableSeconds };
  return ['not-ready', 'unreachable'].map((what) => ({
    key: `node.kubernetes.io/${what}`,
    operator: 'Exists',
    effect: 'NoExecute',
    ...patience,
  }));
}

export function nodeObject(node: FeedNode): KubernetesObject {
  const object = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: node.key,
      uid: node.uid,
      resourceVersion: '1',
      creationTimestamp: seconds(node.createdAt),
      labels: { 'kubernetes.io/hostname': node.key, 'topology.kubernetes.io/zone': node.zone ?? '' },
    },
    spec: {
      ...(node.unschedulable ? { unschedulable: true } : {}),
      ...(node.taints.length > 0 ? { taints: node.taints.map(({ key, effect }) => ({ key, effect })) } : {}),
    },
    status: {
      capacity: resourceTexts(node.capacity),
      allocatable: { ...resourceTexts(node.allocatable), pods: String(node.allocatable.pods) },
      conditions: node.conditions.map(({ type, status, reason }) => ({ type, status, reason })),
      addresses: [{ type: 'InternalIP', address: node.internalIp ?? '' }],
    },
  };
  return object as unknown as KubernetesObject;
}

/** The one EndpointSlice of a Service whose selector names the workload of its pods. */
export function sliceObject({ key, createdAt, selector }: FeedService, pods: Iterable<FeedPod>): KubernetesObject {
  const [namespace = '', name = ''] = key.split('/');
  const behind = [...pods].filter((pod) => pod.nodeName && pod.key.startsWith(`${namespace}/${selector.app}-`));
  const object = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-slice`,
      namespace,
      uid: `uid-slice-${name}`,
      resourceVersion: '1',
      creationTimestamp: seconds(createdAt),
      labels: { 'kubernetes.io/service-name': name },
    },
    addressType: 'IPv4',
    ports: [{ name: '', port: 80, protocol: 'TCP' }],
    endpoints: behind.map((pod) => ({
      addresses: [pod.ip ?? '10.244.1.1'],
      conditions: {
        ready: pod.isReady === true,
        serving: pod.isReady === true,
        terminating: pod.deletedAt !== undefined,
      },
      nodeName: pod.nodeName,
      targetRef: { kind: 'Pod', namespace, name: pod.key.slice(namespace.length + 1), uid: pod.uid },
    })),
  };
  return object as unknown as KubernetesObject;
}

/** A workload of any kind that the fleet holds. */
export function workloadObject(workload: FeedWorkload): KubernetesObject {
  const [, namespace = '', name = ''] = workload.key.split('/');
  const labels = { ...workload.selector };
  const object = {
    apiVersion: groupOf(workload.kind),
    kind: workload.kind,
    metadata: {
      name,
      namespace,
      uid: workload.uid,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: seconds(workload.createdAt),
      labels,
      ...(workload.owner
        ? { ownerReferences: [{ apiVersion: groupOf(workload.owner.kind), ...workload.owner, controller: true }] }
        : {}),
      ...(workload.revision && workload.kind !== 'StatefulSet' && workload.kind !== 'DaemonSet'
        ? { annotations: { 'deployment.kubernetes.io/revision': workload.revision } }
        : {}),
    },
    spec: {
      ...specOf(workload, name),
      selector: { matchLabels: selectorOf(workload) },
      template: templateOf(workload),
    },
    status: statusOf(workload),
  };
  return object as unknown as KubernetesObject;
}

/** The pod template. */
export function templateOf(workload: FeedWorkload): object {
  const containers = workload.images.map((image) => containerSpec('app', image, workload));
  const spec = workload.job ? { containers, restartPolicy: 'Never' } : { containers };
  return { metadata: { labels: selectorOf(workload) }, spec };
}

function selectorOf({ job, uid, selector }: FeedWorkload): Readonly<Record<string, string>> {
  return job ? { 'batch.kubernetes.io/controller-uid': uid } : selector;
}

function specOf({ kind, replicas, job }: FeedWorkload, name: string): object {
  if (job) return { completions: job.completions, parallelism: job.parallelism };
  if (kind === 'DaemonSet') return {};
  return kind === 'StatefulSet' ? { replicas, serviceName: name } : { replicas };
}

function statusOf(workload: FeedWorkload): object {
  const { kind, job, replicas, currentReplicas, readyReplicas, updatedReplicas = 0 } = workload;
  if (job) {
    const { succeeded, failed } = job;
    return { active: currentReplicas, ready: readyReplicas, succeeded, failed };
  }
  if (kind !== 'DaemonSet') return { replicas: currentReplicas, readyReplicas, availableReplicas: readyReplicas };
  return {
    desiredNumberScheduled: replicas,
    currentNumberScheduled: currentReplicas,
    numberMisscheduled: 0,
    numberReady: readyReplicas,
    updatedNumberScheduled: updatedReplicas,
  };
}

function groupOf(kind: string): string {
  return kind === 'Job' || kind === 'CronJob' ? 'batch/v1' : 'apps/v1';
}

function containerSpec(name: string, image: string, { requests, limits }: ContainerAmounts): object {
  const resources = { requests: resourceTexts(requests), limits: resourceTexts(limits) };
  return { name, image, resources };
}

interface ContainerAmounts {
  readonly requests: FeedResources;
  readonly limits: FeedResources;
}

function containerStatus(container: FeedContainer): object {
  const state = container.state === 'unknown' ? {} : { [container.state]: stateOf(container) };
  const { name, image } = container;
  return {
    name,
    image,
    imageID: '',
    ready: container.state === 'running',
    restartCount: container.restarts ?? 0,
    state,
  };
}

function stateOf({ state, reason }: FeedContainer): object {
  if (state === 'terminated') return { exitCode: 1, ...(reason ? { reason } : {}) };
  return state === 'waiting' && reason ? { reason } : {};
}

function resourceTexts({ cpuMilli, memoryBytes }: FeedResources): { cpu: string; memory: string } {
  return { cpu: `${cpuMilli}m`, memory: `${Math.round(memoryBytes / 1024 / 1024)}Mi` };
}

/** RFC 3339 as Kubernetes writes it: whole seconds. */
function seconds(time: string): string {
  return time.replace(/\.\d+/, '');
}

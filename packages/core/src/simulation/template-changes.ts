import {
  type AddPodsChange,
  type AddTolerationChange,
  ApiError,
  type Container,
  type Deployment,
  type Pod,
  type PodSpec,
  type ReplicaSet,
  type SetRequestsChange,
  type StatefulSet,
} from '@gantry/api-types';
import { formatBytes, formatCpuMilli } from '@gantry/api-types/quantity';
import { isPodActive } from '../reconcile/pod-state.ts';
import { ordinalOf } from '../reconcile/stateful-set-identity.ts';
import { nodeResourcesFit } from '../scheduler/plugins/node-resources-fit.ts';
import { leaveNode, replacePod } from './leave-node.ts';
import { newestReplicaSet, replicaSetsOf, scaleSet, startOrdinal } from './scale-change.ts';
import type { Scene } from './scene.ts';
import { admitPod, type SimulatedPod } from './simulated-pod.ts';
import { findWorkload, templateOf, type WorkloadObject } from './workload-objects.ts';

type EditSpec = (spec: PodSpec) => PodSpec;

/** New requests: in the template (all pods are made anew), or of the running pods where they are. */
export function setRequests(scene: Scene, change: SetRequestsChange): void {
  const edit: EditSpec = (spec) => ({ ...spec, containers: withRequests(spec.containers, change) });
  if (!change.inPlace) {
    editTarget(scene, change, edit);
    return;
  }
  const pods =
    change.pod === undefined ? editTemplate(scene, change.workload, edit).pods : [podNamed(scene, change.pod)];
  for (const pod of pods) resizeInPlace(scene, pod, edit);
}

/** One more toleration in the template. */
export function addToleration(scene: Scene, change: AddTolerationChange): void {
  editTarget(scene, change, (spec) => ({ ...spec, tolerations: [...(spec.tolerations ?? []), change.toleration] }));
}

/** The pods leave their nodes. */
export function evictPods(scene: Scene, keys: readonly string[]): void {
  for (const key of keys) {
    const pod = podNamed(scene, key);
    if (pod.spec.nodeName) leaveNode(scene, pod, pod.spec.nodeName);
  }
}

/** Pods of a template that belongs to nobody yet. */
export function addPods(scene: Scene, { namespace = 'default', name, template, count = 1 }: AddPodsChange): void {
  let like: SimulatedPod | undefined;
  for (let number = 1; number <= count; number++) {
    const metadata = { ...template.metadata, namespace, name: `${name}-${number}` };
    const draft = { apiVersion: 'v1' as const, kind: 'Pod' as const, metadata, spec: template.spec };
    const pod: Pod = like
      ? { ...like.pod, metadata: { ...like.pod.metadata, name: metadata.name, uid: scene.newUid() } }
      : admitPod(scene.source, draft, scene.newUid());
    like = scene.enqueue(pod, like ? { like } : {});
  }
}

/** The pod with this key, in the scene. Throws `ApiError` NotFound. */
export function podNamed(scene: Scene, key: string): Pod {
  const pod = scene.source.lister('pods').get(key);
  if (pod && !scene.gone.has(pod.metadata.uid)) return pod;
  throw new ApiError('NotFound', `pods "${key}" not found`, { name: key, kind: 'pods' });
}

function editTarget(scene: Scene, change: SetRequestsChange | AddTolerationChange, edit: EditSpec): void {
  if (change.pod === undefined) {
    const { workload, pods } = editTemplate(scene, change.workload, edit);
    remakePods(scene, workload, pods);
    return;
  }
  const pod = podNamed(scene, change.pod);
  scene.remove(pod);
  const successor: Pod = {
    ...pod,
    metadata: { ...pod.metadata, uid: scene.newUid() },
    spec: edit({ ...pod.spec, nodeName: '' }),
    status: { phase: 'Pending' },
  };
  // One pod, seen as the same one: it keeps its place in the queue.
  scene.enqueue(successor, { isNew: false, movedFrom: pod.spec.nodeName || undefined });
}

function editTemplate(
  scene: Scene,
  reference: Parameters<typeof findWorkload>[1],
  edit: EditSpec,
): { readonly workload: WorkloadObject; readonly pods: readonly Pod[] } {
  const before = scene.current(findWorkload(scene.source, reference));
  const template = templateOf(before);
  const edited = { ...template, spec: edit(template.spec) };
  const workload = { ...before, spec: { ...before.spec, template: edited } } as WorkloadObject;
  scene.touched.set(workload.metadata.uid, workload);
  const owners = workload.kind === 'Deployment' ? replicaSetsOf(scene, workload as Deployment) : [workload];
  return { workload, pods: owners.flatMap(({ metadata }) => [...scene.podsOf(metadata.uid)]) };
}

/** The rollout that a new template starts, as it ends. */
function remakePods(scene: Scene, workload: WorkloadObject, pods: readonly Pod[]): void {
  if (workload.kind === 'DaemonSet') {
    for (const pod of pods) replacePod(scene, pod, pod.spec.nodeName);
    return;
  }
  for (const pod of pods) scene.remove(pod);
  const from = pods.map((pod) => pod.spec.nodeName || undefined);
  const known = new Set(scene.queue.keys());
  if (workload.kind === 'StatefulSet') {
    const set = workload as StatefulSet;
    const ordinals = pods.flatMap((pod) => ordinalOf(set, pod) ?? []).sort((a, b) => a - b);
    for (const ordinal of ordinals) startOrdinal(scene, set, ordinal);
  } else if (workload.kind === 'Deployment') {
    scaleSet(scene, newestReplicaSet(scene, workload as Deployment), pods.length, workload);
  } else {
    scaleSet(scene, workload as ReplicaSet, pods.length, workload);
  }
  const made = [...scene.queue].filter(([uid]) => !known.has(uid));
  for (const [index, [uid, simulated]] of made.entries())
    scene.queue.set(uid, { ...simulated, movedFrom: from[index] });
}

function resizeInPlace(scene: Scene, pod: Pod, edit: EditSpec): void {
  const { nodeName } = pod.spec;
  const resized: Pod = { ...pod, spec: edit(pod.spec), status: withoutAllocations(pod) };
  const queued = scene.queue.get(pod.metadata.uid);
  if (queued || !nodeName || !isPodActive(pod)) {
    if (queued)
      scene.queue.set(pod.metadata.uid, { ...queued, pod: resized, info: scene.snapshot.factory.parse(resized) });
    return;
  }
  const before = scene.snapshot.placed(pod.metadata.uid)?.pod;
  scene.snapshot.removePod(pod.metadata.uid);
  const info = scene.snapshot.factory.parse(resized);
  const node = scene.snapshot.node(nodeName);
  const refusals = node ? nodeResourcesFit.filter(info.fit, node) : [];
  scene.snapshot.setPod(refusals.length > 0 && before ? before : info);
  if (refusals.length === 0) return;
  const words = refusals.map(({ resource = '', need = 0, free = 0 }) => {
    return `${resource}: wants ${amount(resource, need)}, ${nodeName} has ${amount(resource, free)} for it`;
  });
  scene.deferredResizes.push({ pod, nodeName, message: `Node didn't have enough resource: ${words.join('; ')}` });
}

/** In the end the node has granted what the spec asks for. */
function withoutAllocations({ status }: Pod): Pod['status'] {
  const plain = (list: NonNullable<Pod['status']['containerStatuses']>) =>
    list.map(({ allocatedResources: _, resources: __, ...rest }) => rest);
  return {
    ...status,
    ...(status.containerStatuses ? { containerStatuses: plain(status.containerStatuses) } : {}),
    ...(status.initContainerStatuses ? { initContainerStatuses: plain(status.initContainerStatuses) } : {}),
  };
}

function amount(resource: string, value: number): string {
  if (resource === 'cpu') return formatCpuMilli(value);
  return resource === 'memory' || resource === 'ephemeral-storage' ? formatBytes(value) : String(value);
}

function withRequests(
  containers: Container[],
  { container: name, requests, ...target }: SetRequestsChange,
): Container[] {
  if (name !== undefined && !containers.some((container) => container.name === name)) {
    const subject = target.pod ?? `${target.workload.kind} ${target.workload.name}`;
    const names = containers.map((container) => container.name).join(', ');
    throw new ApiError('Invalid', `${subject} has no container "${name}"; it has: ${names}`);
  }
  return containers.map((container) => {
    if (name !== undefined && container.name !== name) return container;
    const { resources } = container;
    return {
      ...container,
      resources: { ...resources, requests: { ...resources?.limits, ...resources?.requests, ...requests } },
    };
  });
}

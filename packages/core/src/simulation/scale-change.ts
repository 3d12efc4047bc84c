import {
  ApiError,
  type Deployment,
  type Job,
  keyOf,
  type NewObject,
  type Pod,
  type ReplicaSet,
  type ReplicationController,
  type ScaleChange,
  type StatefulSet,
} from '@gantry/api-types';
import { pickPodsToDelete } from '../reconcile/deletion-order.ts';
import { findNewReplicaSet } from '../reconcile/deployment-revisions.ts';
import { newPodFromTemplate } from '../reconcile/pod-from-template.ts';
import { podTemplateHash, podTemplateHashLabel } from '../reconcile/pod-template-hash.ts';
import { newClaims, newStatefulPod, ordinalOf } from '../reconcile/stateful-set-identity.ts';
import type { Scene } from './scene.ts';
import { admitPod, type SimulatedPod } from './simulated-pod.ts';
import { findWorkload, referenceTo, type WorkloadObject } from './workload-objects.ts';

/** Brings a workload to a number of pods, as its controller would. Throws `ApiError` for what cannot be scaled. */
export function scaleWorkload(scene: Scene, { workload: reference, replicas }: ScaleChange): void {
  const workload = scene.current(findWorkload(scene.source, reference));
  switch (workload.kind) {
    case 'Deployment':
      scaleDeployment(scene, workload as Deployment, replicas);
      break;
    case 'StatefulSet':
      scaleStatefulSet(scene, workload as StatefulSet, replicas);
      break;
    case 'DaemonSet':
      throw new ApiError(
        'Invalid',
        `DaemonSet "${reference.name}" has no number of replicas: it runs on every node that suits it`,
      );
    default:
      scaleSet(scene, workload as ReplicaSet | ReplicationController | Job, replicas, workload);
  }
  scene.touched.set(workload.metadata.uid, withReplicas(workload, replicas));
}

function withReplicas(workload: WorkloadObject, replicas: number): WorkloadObject {
  const field = workload.kind === 'Job' ? 'parallelism' : 'replicas';
  return { ...workload, spec: { ...workload.spec, [field]: replicas } } as WorkloadObject;
}

/** A rollout under way is taken as finished: all pods are of the present template in the end. */
function scaleDeployment(scene: Scene, deployment: Deployment, replicas: number): void {
  const newest = newestReplicaSet(scene, deployment);
  for (const { metadata } of replicaSetsOf(scene, deployment)) {
    if (metadata.uid === newest.metadata.uid) continue;
    for (const pod of scene.podsOf(metadata.uid)) deletePod(scene, pod);
  }
  scaleSet(scene, newest, replicas, deployment);
}

/** The ReplicaSets that a Deployment controls, those that earlier changes had it make included. */
export function replicaSetsOf(scene: Scene, { metadata: { uid } }: Deployment): readonly ReplicaSet[] {
  return [...scene.source.lister('replicasets.apps').listByOwner(uid), ...(scene.madeReplicaSets.get(uid) ?? [])];
}

/** The ReplicaSet of the Deployment's present template; made where there is none. */
export function newestReplicaSet(scene: Scene, deployment: Deployment): ReplicaSet {
  const found = findNewReplicaSet(deployment, replicaSetsOf(scene, deployment));
  if (found) return found;
  const { uid } = deployment.metadata;
  const made = newReplicaSet(deployment);
  scene.madeReplicaSets.set(uid, [...(scene.madeReplicaSets.get(uid) ?? []), made]);
  return made;
}

function newReplicaSet(deployment: Deployment): ReplicaSet {
  const { template, selector } = deployment.spec;
  const hash = podTemplateHash(template);
  const labels = { ...template.metadata?.labels, [podTemplateHashLabel]: hash };
  const { namespace, name, uid } = deployment.metadata;
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      uid: `simulated-${uid}-${hash}`,
      resourceVersion: '0',
      creationTimestamp: '9999-01-01T00:00:00Z',
      ...(namespace === undefined ? {} : { namespace }),
    },
    spec: { replicas: 0, selector, template: { ...template, metadata: { ...template.metadata, labels } } },
    status: { replicas: 0 },
  };
}

/** Makes or takes the pods of one owner until it has `count`. `top` is the workload that users know it by. */
export function scaleSet(
  scene: Scene,
  owner: ReplicaSet | ReplicationController | Job,
  count: number,
  top: WorkloadObject,
): void {
  const pods = scene.podsOf(owner.metadata.uid);
  for (const pod of pickPodsToDelete(pods, pods, pods.length - count)) deletePod(scene, pod);
  let like: SimulatedPod | undefined;
  let draft: Pod | undefined;
  for (let made = pods.length; made < count; made++) {
    const { name, uid } = scene.newIdentity(`${owner.metadata.name}-`);
    draft ??= admitPod(scene.source, named(newPodFromTemplate(owner, owner.spec.template, {}), name), uid);
    const pod: Pod = { ...draft, metadata: { ...draft.metadata, name, uid } };
    const workload = referenceTo(top);
    like = scene.enqueue(pod, { workload, ...(like ? { like } : {}) });
  }
}

function scaleStatefulSet(scene: Scene, set: StatefulSet, replicas: number): void {
  const start = set.spec.ordinals?.start ?? 0;
  const present = new Set<number>();
  for (const pod of scene.podsOf(set.metadata.uid)) {
    const ordinal = ordinalOf(set, pod);
    if (ordinal === undefined) continue;
    if (ordinal >= start + replicas) deletePod(scene, pod);
    else present.add(ordinal);
  }
  for (let ordinal = start; ordinal < start + replicas; ordinal++) {
    if (!present.has(ordinal)) startOrdinal(scene, set, ordinal);
  }
}

/** Queues the pod of an ordinal with its claims. */
export function startOrdinal(scene: Scene, set: StatefulSet, ordinal: number): void {
  for (const draft of newClaims(set, ordinal)) {
    const claim = { ...draft, metadata: { ...set.metadata, ...draft.metadata }, status: { phase: 'Pending' } };
    const key = keyOf(claim as { metadata: { name: string; namespace?: string } });
    if (scene.snapshot.volumes.claim(key)) continue;
    scene.snapshot.changeVolumes((volumes) => volumes.setClaim(key, claim as never));
  }
  const draft = newStatefulPod(set, ordinal, set.spec.template, 'simulated');
  const pod = admitPod(scene.source, draft, scene.newUid());
  const isOrdered = set.spec.podManagementPolicy !== 'Parallel';
  scene.enqueue(pod, { workload: referenceTo(set), sequenceOf: isOrdered ? set.metadata.uid : undefined });
}

function named(draft: NewObject<Pod>, name: string): NewObject<Pod> {
  const { generateName: _, ...metadata } = draft.metadata;
  return { ...draft, metadata: { ...metadata, name } };
}

function deletePod(scene: Scene, pod: Pod): void {
  scene.remove(pod);
  // Pods that the scenario made itself leave no trace.
  if (!pod.metadata.uid.startsWith('simulated-')) scene.deleted.push(keyOf(pod));
}

import type { ObjectKey, Pod } from '@gantry/api-types';
import { controllerOf } from '../reconcile/owner-references.ts';
import type { Scene } from './scene.ts';
import { successorOf } from './simulated-pod.ts';
import { isWorkloadKind, ownerObject } from './workload-objects.ts';

/** Why nobody makes the pod anew; undefined where its controller does. */
export function lossOf(scene: Pick<Scene, 'source'>, pod: Pod): string | undefined {
  const reference = controllerOf(pod);
  if (!reference) return 'a bare pod: nobody makes it anew';
  if (reference.kind === 'DaemonSet') return `a daemon of ${reference.name}: it belongs to its node`;
  if (!isWorkloadKind(reference.kind)) return `${reference.kind} ${reference.name} is not known to make pods anew`;
  if (!ownerObject(scene.source, pod.metadata.namespace, reference))
    return `its ${reference.kind} ${reference.name} is gone`;
  return undefined;
}

/** The pod leaves its node: its controller makes another, which queues, or it is lost. */
export function leaveNode(scene: Scene, pod: Pod, nodeName: string): void {
  if (pod.metadata.deletionTimestamp !== undefined) {
    // Its successor is there already.
    scene.remove(pod);
    return;
  }
  const loss = lossOf(scene, pod);
  if (loss !== undefined) {
    scene.lose(pod, nodeName, loss);
    return;
  }
  replacePod(scene, pod, nodeName);
}

/** In place of the pod its controller makes a new one; StatefulSets under the same name. */
export function replacePod(scene: Scene, pod: Pod, nodeName: string | undefined): void {
  scene.remove(pod);
  const reference = controllerOf(pod);
  const isNamed = reference?.kind === 'StatefulSet' || reference === undefined;
  const identity = isNamed ? { name: pod.metadata.name, uid: scene.newUid() } : scene.newIdentity(`${reference.name}-`);
  const next = successorOf(pod, scene.ownerTemplate(pod), identity.name, identity.uid);
  scene.enqueue(next, { movedFrom: nodeName });
}

/** The pods that take room on a node, as objects. */
export function podsOn(scene: Scene, nodeName: string): readonly Pod[] {
  const pods = scene.source.lister('pods');
  return [...(scene.snapshot.node(nodeName)?.pods.values() ?? [])].flatMap(({ key, uid }) => {
    const pod = pods.get(key as ObjectKey);
    return pod?.metadata.uid === uid ? [pod] : [];
  });
}

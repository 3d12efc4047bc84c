import type { Deployment, Pod, WorkloadReference } from '@gantry/api-types';
import { newReplicaSet, replicaSetsOf } from './scale-change.ts';
import type { Scene } from './scene.ts';
import { findWorkload } from './workload-objects.ts';

/** The workload's active pods in the scene, those of all ReplicaSets of a Deployment. */
export function podsOfWorkload(scene: Scene, reference: WorkloadReference): readonly Pod[] {
  const original = findWorkload(scene.source, reference);
  if (original.kind !== 'Deployment') return scene.podsOf(original.metadata.uid);
  const deployment = original as Deployment;
  const owners = new Set(replicaSetsOf(scene, deployment).map(({ metadata }) => metadata.uid));
  for (const one of [deployment, scene.current(deployment)]) owners.add(newReplicaSet(one).metadata.uid);
  return [...owners].flatMap((uid) => [...scene.podsOf(uid)]);
}

import type { Deployment, Pod, WorkloadReference } from '@gantry/api-types';
import { replicaSetsOf } from './scale-change.ts';
import type { Scene } from './scene.ts';
import { findWorkload } from './workload-objects.ts';

/** The workload's active pods in the scene, those of all ReplicaSets of a Deployment. */
export function podsOfWorkload(scene: Scene, reference: WorkloadReference): readonly Pod[] {
  const original = findWorkload(scene.source, reference);
  if (original.kind !== 'Deployment') return scene.podsOf(original.metadata.uid);
  return replicaSetsOf(scene, original as Deployment).flatMap(({ metadata }) => [...scene.podsOf(metadata.uid)]);
}

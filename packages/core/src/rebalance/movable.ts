import type { Pod, ReplicaSet, ReplicationController, StatefulSet } from '@gantry/api-types';
import { controllerOf } from '../reconcile/owner-references.ts';
import { isPodReady } from '../reconcile/pod-state.ts';
import { lossOf } from '../simulation/leave-node.ts';
import type { SimulationSource } from '../simulation/source.ts';
import { ownerObject } from '../simulation/workload-objects.ts';

/** The cluster autoscaler's annotation, by which people say what may be moved. */
const safeToEvict = 'cluster-autoscaler.kubernetes.io/safe-to-evict';

/**
 * Why a pod is not moved, in words; undefined where it may be. `isAsked`: its node is to be emptied, so that a short
 * interruption is accepted. Where it could go is the scheduler's business.
 */
export function reasonToStay(source: Pick<SimulationSource, 'lister'>, pod: Pod, isAsked: boolean): string | undefined {
  if (pod.metadata.deletionTimestamp !== undefined) return 'it is being deleted';
  const loss = lossOf({ source: source as SimulationSource }, pod);
  if (loss !== undefined) return loss;
  const mark = pod.metadata.annotations?.[safeToEvict];
  if (mark === 'false') return `its annotation ${safeToEvict} says no`;
  const owner = controllerOf(pod);
  if (owner?.kind === 'Job') return 'a pod of a Job: its work would start over';
  if (!isPodReady(pod)) return 'it is not ready';
  if (mark !== 'true' && pod.spec.volumes?.some(({ emptyDir }) => emptyDir && emptyDir.medium !== 'Memory')) {
    return 'what is in its emptyDir volumes would be lost';
  }
  if (isAsked || !owner) return undefined;
  const object = ownerObject(source as SimulationSource, pod.metadata.namespace, owner);
  if (replicasOf(object as ReplicaSet | undefined) < 2) return 'its only replica: moving it would interrupt it';
  return undefined;
}

function replicasOf(owner: ReplicaSet | ReplicationController | StatefulSet | undefined): number {
  return owner?.spec.replicas ?? 1;
}

import type { Pod } from '@gantry/api-types';
import type { SimulationSource } from '../simulation/source.ts';
import { Mover } from './mover.ts';

/**
 * Why the pod's replacement would find no node other than the one it is on, as the cluster is now: since the plan was made
 * others may have filled, cordoned or removed the nodes it counted on. Undefined where it would find one.
 */
export function findObstacle(source: SimulationSource, pod: Pod): string | undefined {
  const { nodeName = '' } = pod.spec;
  const snapshot = source.snapshot.clone();
  const info = snapshot.node(nodeName)?.pods.get(pod.metadata.uid);
  // The scheduler has not heard of its present state yet.
  if (!info) return 'the scheduler does not know it yet';
  const tried = new Mover(source, snapshot).move(pod, info, nodeName);
  return typeof tried === 'string' ? `its replacement would find no room: ${tried}` : undefined;
}

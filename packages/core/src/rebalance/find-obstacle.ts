import type { Pod } from '@gantry/api-types';
import type { SimulationSource } from '../simulation/source.ts';
import { backOn, Mover } from './mover.ts';

/** Why a pod is not evicted for now. */
export interface MoveObstacle {
  /** In words, for people. */
  readonly reason: string;
  /** Waiting would change nothing: to move the pod has become pointless. */
  readonly isFinal: boolean;
}

/**
 * What keeps the pod's replacement from another node, as the cluster is now: since the plan was made others may have filled,
 * cordoned or removed the nodes it counted on, or made room where the pod is. Undefined where nothing does.
 */
export function findObstacle(source: SimulationSource, pod: Pod): MoveObstacle | undefined {
  const { nodeName = '' } = pod.spec;
  const snapshot = source.snapshot.clone();
  const info = snapshot.node(nodeName)?.pods.get(pod.metadata.uid);
  // The scheduler has not heard of its present state yet.
  if (!info) return { reason: 'the scheduler does not know it yet', isFinal: false };
  const tried = new Mover(source, snapshot).move(pod, info, nodeName);
  if (typeof tried !== 'string') return undefined;
  if (tried === backOn(nodeName)) return { reason: tried, isFinal: true };
  return { reason: `its replacement would find no room: ${tried}`, isFinal: false };
}

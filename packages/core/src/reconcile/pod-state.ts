import type { Pod, PodCondition } from '@gantry/api-types';
import { parseTime } from '../lib/timestamp.ts';

/** The pod's condition of that type. */
export function podCondition(pod: Pod, type: string): PodCondition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type);
}

/** True where the pod's Ready condition is True. */
export function isPodReady(pod: Pod): boolean {
  return podCondition(pod, 'Ready')?.status === 'True';
}

/** True once all containers ended for good. */
export function isPodTerminal(pod: Pod): boolean {
  const phase = pod.status?.phase;
  return phase === 'Succeeded' || phase === 'Failed';
}

/** True for a pod that counts as a replica: not ended and not being deleted. */
export function isPodActive(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp === undefined && !isPodTerminal(pod);
}

/** When the pod became ready, in milliseconds since the epoch; undefined where it is not ready. */
export function podReadySince(pod: Pod): number | undefined {
  const ready = podCondition(pod, 'Ready');
  return ready?.status === 'True' ? (parseTime(ready.lastTransitionTime) ?? 0) : undefined;
}

/** When a ready pod becomes (or became) available: ready for `minReadySeconds`. Undefined where it is not ready. */
export function podAvailableAt(pod: Pod, minReadySeconds: number): number | undefined {
  const since = podReadySince(pod);
  if (since === undefined) return undefined;
  return minReadySeconds > 0 ? since + minReadySeconds * 1000 : 0;
}

/** How often the pod's containers were restarted: the highest count of any. */
export function maxRestartCount(pod: Pod): number {
  let highest = 0;
  for (const status of pod.status?.containerStatuses ?? []) highest = Math.max(highest, status.restartCount);
  return highest;
}

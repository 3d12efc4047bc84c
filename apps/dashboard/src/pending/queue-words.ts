import type { QueuePlace, SchedulingDecision } from '@gantry/core/scheduler/decision';
import { formatSpan } from '../format.ts';

/** A decision as the dashboard's server answers it: with the pod's place in the queue while it waits. */
export type QueuedDecision = SchedulingDecision & { readonly queue?: QueuePlace };

/** Where the pod stands and when it is tried again, in words. `now` is server time. */
export function queueWords({ attempts, at, queue }: QueuedDecision, now: number): string {
  const tried = `Tried ${attempts === 1 ? 'once' : `${attempts} times`}, last ${formatSpan(now - Date.parse(at))} ago`;
  if (!queue) return `${tried}.`;
  const place = `${queue.position} of ${queue.waiting} in the queue`;
  if (queue.state === 'active') return `${tried}; ${place}, next in turn.`;
  if (queue.state === 'taken') return `${tried}; being tried now.`;
  const next = queue.nextTryAt === undefined ? '' : ` in ${formatSpan(queue.nextTryAt - now)}`;
  if (queue.state === 'backoff') return `${tried}; ${place}, tried again${next}.`;
  return `${tried}; ${place}. Tried again as soon as a node changes or a pod leaves${next && `, else${next}`}.`;
}

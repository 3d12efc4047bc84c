import type { Job, Pod } from '@gantry/api-types';
import { backoffDelayMs } from '../lib/backoff.ts';
import { matchFailurePolicy } from './job-failure-policy.ts';
import { completionIndexOf, finishedAt } from './job-pods.ts';

const podFailureBackoff = { baseMs: 10_000, maxMs: 360_000 };

/**
 * When the Job may start another pod after failures, in milliseconds since the epoch: 10 s after the first, twice as
 * long after each further one up to 6 minutes; a success starts anew. Read off the pods, so that a new controller waits as the
 * old one did; pods that were deleted count for nothing. Pure.
 */
export function nextStartMs(job: Job, pods: readonly Pod[]): number {
  let lastSuccess = 0;
  for (const pod of pods) if (pod.status?.phase === 'Succeeded') lastSuccess = Math.max(lastSuccess, finishedAt(pod));
  let failures = 0;
  let lastFailure = 0;
  for (const pod of pods) {
    if (pod.status?.phase !== 'Failed' || matchFailurePolicy(job, pod).action === 'Ignore') continue;
    const at = finishedAt(pod);
    if (at <= lastSuccess) continue;
    failures += 1;
    lastFailure = Math.max(lastFailure, at);
  }
  return failures === 0 ? 0 : lastFailure + backoffDelayMs(failures - 1, podFailureBackoff);
}

/** As {@link nextStartMs} for each index on its own, for the indexes that had failures. */
export function nextStartByIndex(job: Job, pods: readonly Pod[]): ReadonlyMap<number, number> {
  const byIndex = Map.groupBy(pods, completionIndexOf);
  const starts = new Map<number, number>();
  for (const [index, ofIndex] of byIndex) if (index !== undefined) starts.set(index, nextStartMs(job, ofIndex));
  return starts;
}

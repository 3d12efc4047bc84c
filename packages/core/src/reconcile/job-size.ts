import type { Job, NewObject, Pod } from '@gantry/api-types';
import { pickPodsToDelete } from './deletion-order.ts';
import type { JobAccounts } from './job-accounts.ts';
import { nextStartByIndex, nextStartMs } from './job-backoff.ts';
import { completionIndexOf, isIndexed, isTerminating, jobPodState, newJobPod, replacesOnlyEnded } from './job-pods.ts';

/** A Job makes at most this many pods in one pass. */
const maxBurst = 500;

export interface JobSizePlan {
  readonly createPods: readonly NewObject<Pod>[];
  /** Too many, or in each other's way. */
  readonly dropPods: readonly Pod[];
  /** When pods that wait for their back-off may start, in milliseconds since the epoch. */
  readonly nextStartMs: number | undefined;
}

/**
 * What to create and delete so that as many pods run as `parallelism` allows and the missing completions need; never
 * more, and never two for one index. Pure.
 */
export function planJobSize(job: Job, pods: readonly Pod[], accounts: JobAccounts, nowMs: number): JobSizePlan {
  const active = pods.filter((pod) => jobPodState(job, pod) === 'active');
  const misplaced = isIndexed(job) ? misplacedPods(job, active, accounts) : new Set<Pod>();
  const fitting = active.filter((pod) => !misplaced.has(pod));
  const wanted = wantedActive(job, accounts, fitting.length);
  const excess = pickPodsToDelete(fitting, fitting, fitting.length - wanted);
  const dropPods = [...misplaced, ...excess];
  const leaving = replacesOnlyEnded(job) ? pods.filter(isTerminating) : [];
  const missing = Math.min(wanted - active.length - leaving.length, maxBurst);
  const nothing = { createPods: [], dropPods, nextStartMs: undefined };
  if (missing <= 0) return nothing;
  if (isIndexed(job)) return { ...nothing, ...planIndexedPods(job, pods, accounts, { missing, nowMs, leaving }) };
  const startMs = nextStartMs(job, pods);
  if (startMs > nowMs) return { ...nothing, nextStartMs: startMs };
  return { ...nothing, createPods: Array.from({ length: missing }, () => newJobPod(job, undefined, 0)) };
}

function wantedActive(job: Job, accounts: JobAccounts, active: number): number {
  const { parallelism = 1, completions } = job.spec;
  // No new workers once one found the queue empty.
  if (completions === undefined) return accounts.succeeded > 0 ? Math.min(active, parallelism) : parallelism;
  const left = completions - accounts.succeeded - accounts.failedIndexes.size;
  return Math.max(0, Math.min(parallelism, left));
}

/** Pods of indexes that are done, out of range, or have another pod. */
function misplacedPods(job: Job, active: readonly Pod[], { completed, failedIndexes }: JobAccounts): Set<Pod> {
  const seen = new Set<number>();
  const misplaced = new Set<Pod>();
  for (const pod of active) {
    const index = completionIndexOf(pod);
    const isWrong = index === undefined || index >= (job.spec.completions ?? 0) || seen.has(index);
    if (isWrong || completed.has(index) || failedIndexes.has(index)) misplaced.add(pod);
    else seen.add(index);
  }
  return misplaced;
}

function planIndexedPods(
  job: Job,
  pods: readonly Pod[],
  accounts: JobAccounts,
  { missing, nowMs, leaving }: { readonly missing: number; readonly nowMs: number; readonly leaving: readonly Pod[] },
): Partial<JobSizePlan> {
  const taken = new Set<number>();
  const occupying = [...pods.filter((pod) => jobPodState(job, pod) === 'active'), ...leaving];
  for (const pod of occupying) taken.add(completionIndexOf(pod) ?? -1);
  const hasLimitPerIndex = job.spec.backoffLimitPerIndex !== undefined;
  const starts = hasLimitPerIndex ? nextStartByIndex(job, pods) : new Map<number, number>();
  const startMs = hasLimitPerIndex ? 0 : nextStartMs(job, pods);
  if (startMs > nowMs) return { nextStartMs: startMs };
  const waiting = [...starts].filter(([index, at]) => at > nowMs && !taken.has(index));
  for (const [index] of waiting) taken.add(index);
  const done = accounts.completed.union(accounts.failedIndexes);
  const indexes = done.firstMissing(missing, job.spec.completions ?? 0, taken);
  const nextStart = Math.min(...waiting.map(([, at]) => at));
  return {
    createPods: indexes.map((index) => newJobPod(job, index, accounts.indexFailures.get(index) ?? 0)),
    nextStartMs: Number.isFinite(nextStart) ? nextStart : undefined,
  };
}

import type { Job, Pod } from '@gantry/api-types';
import { IndexSet } from './index-set.ts';
import { type FailureMatch, matchFailurePolicy } from './job-failure-policy.ts';
import { completionIndexOf, earlierIndexFailures, isIndexed, isTracked, jobPodState } from './job-pods.ts';

/** At most this many pods are accounted for in one pass: their uids must fit into the status. */
const maxUncounted = 500;

/** How a Job's pods ended, each counted once whenever the controller is killed. */
export interface JobAccounts {
  /** Ended and counted for good, with those that are about to be. */
  readonly succeeded: number;
  readonly failed: number;
  /** For `status`: counted for good, their finalizers are gone. */
  readonly countedSucceeded: number;
  readonly countedFailed: number;
  /** For `status`: uids that are counted once their pods' finalizers are gone. */
  readonly uncounted: { readonly succeeded: readonly string[]; readonly failed: readonly string[] };
  readonly completed: IndexSet;
  readonly failedIndexes: IndexSet;
  /** How often pods of an index failed, where each index has its own limit. */
  readonly indexFailures: ReadonlyMap<number, number>;
  /** Lose their tracking finalizer, once the status is written. */
  readonly finalize: readonly Pod[];
  /** A failed pod that fails the whole Job. */
  readonly fatal: FailureMatch | undefined;
}

/**
 * Accounts for pods that ended, in three steps that may each be the last before a crash: a uid is written into
 * `status.uncountedTerminatedPods`; the pod's finalizer is removed; the uid moves into the count. A uid is counted only
 * where its pod is seen without the finalizer, in the same write that takes it off the list. An Indexed Job's successes
 * need no list: an index is in `completedIndexes` or not. `isEnding`: no pod will be replaced any more. Pure.
 */
export function planAccounts(job: Job, pods: readonly Pod[], isEnding: boolean): JobAccounts {
  const { status } = job;
  const tracked = pods.filter(isTracked);
  const { succeeded = [], failed = [] } = status?.uncountedTerminatedPods ?? {};
  const trackedUids = new Set(tracked.map(({ metadata }) => metadata.uid));
  const uncounted: Uncounted = {
    succeeded: new Set(succeeded.filter((uid) => trackedUids.has(uid))),
    failed: new Set(failed.filter((uid) => trackedUids.has(uid))),
  };
  const countedFailed = (status?.failed ?? 0) + failed.length - uncounted.failed.size;
  const countedSucceeded = (status?.succeeded ?? 0) + succeeded.length - uncounted.succeeded.size;
  const indexes = planIndexes(job, pods);
  const { later, ...ended } = planEnded(job, tracked, uncounted, isEnding ? () => false : indexes.awaitsReplacement);
  const isByIndex = isIndexed(job);
  return {
    ...ended,
    succeeded: isByIndex ? indexes.completed.size : countedSucceeded + uncounted.succeeded.size + later.succeeded,
    failed: countedFailed + uncounted.failed.size + later.failed,
    countedSucceeded: isByIndex ? indexes.completed.size : countedSucceeded,
    countedFailed,
    uncounted: { succeeded: [...uncounted.succeeded], failed: [...uncounted.failed] },
    completed: indexes.completed,
    failedIndexes: indexes.failed,
    indexFailures: indexes.failures,
  };
}

interface Uncounted {
  readonly succeeded: Set<string>;
  readonly failed: Set<string>;
}

/** Adds the pods that ended to `uncounted`; `later` are those that have to wait for their turn. */
function planEnded(
  job: Job,
  tracked: readonly Pod[],
  uncounted: Uncounted,
  mustWait: (pod: Pod) => boolean,
): Pick<JobAccounts, 'finalize' | 'fatal'> & {
  readonly later: { readonly succeeded: number; readonly failed: number };
} {
  const later = { succeeded: 0, failed: 0 };
  const finalize: Pod[] = [];
  let fatal: FailureMatch | undefined;
  for (const pod of tracked) {
    const { uid } = pod.metadata;
    const state = jobPodState(job, pod);
    if (state !== 'succeeded' && state !== 'failed') continue;
    const match = state === 'failed' && job.spec.podFailurePolicy ? matchFailurePolicy(job, pod) : undefined;
    if (match?.action === 'FailJob') fatal ??= match;
    const isCounted = match?.action !== 'Ignore' && !(state === 'succeeded' && isIndexed(job));
    const isListed = uncounted.succeeded.has(uid) || uncounted.failed.has(uid);
    const isFull = uncounted.succeeded.size + uncounted.failed.size >= maxUncounted;
    if (!isListed && (isFull || (state === 'failed' && mustWait(pod)))) {
      if (isCounted) later[state] += 1;
      continue;
    }
    finalize.push(pod);
    if (isCounted && !isListed) uncounted[state].add(uid);
  }
  return { finalize, fatal, later };
}

interface Indexes {
  readonly completed: IndexSet;
  readonly failed: IndexSet;
  readonly failures: ReadonlyMap<number, number>;
  /** True for the failed pod that alone remembers how often its index failed: it stays until there is another. */
  readonly awaitsReplacement: (pod: Pod) => boolean;
}

function planIndexes(job: Job, pods: readonly Pod[]): Indexes {
  const limit = job.spec.completions ?? 0;
  if (!isIndexed(job)) {
    const none = IndexSet.parse(undefined);
    return { completed: none, failed: none, failures: new Map(), awaitsReplacement: () => false };
  }
  const completed = new Set<number>();
  const failures = new Map<number, number>();
  const hopeless = new Set<number>();
  const { backoffLimitPerIndex } = job.spec;
  const keepers = new Map<number, { readonly pod: Pod; readonly count: number; readonly hasFailed: boolean }>();
  for (const pod of pods) {
    const index = completionIndexOf(pod);
    if (index === undefined || index >= limit) continue;
    const state = jobPodState(job, pod);
    if (state === 'succeeded') completed.add(index);
    if (backoffLimitPerIndex === undefined) continue;
    const { action } = state === 'failed' ? matchFailurePolicy(job, pod) : { action: 'Ignore' };
    const hasFailed = action !== 'Ignore';
    const count = earlierIndexFailures(pod) + (hasFailed ? 1 : 0);
    failures.set(index, Math.max(failures.get(index) ?? 0, count));
    if (action === 'FailIndex' || count > backoffLimitPerIndex) hopeless.add(index);
    const keeper = keepers.get(index);
    // Between equals the replacement, which has not failed itself, remembers for both.
    if (!keeper || count > keeper.count || (count === keeper.count && keeper.hasFailed && !hasFailed)) {
      keepers.set(index, { pod, count, hasFailed });
    }
  }
  const allCompleted = IndexSet.parse(job.status?.completedIndexes, limit).with(completed);
  const newlyFailed = [...hopeless].filter((index) => !allCompleted.has(index));
  const known = IndexSet.parse(job.status?.failedIndexes, limit);
  return {
    completed: allCompleted,
    failed: known.with(newlyFailed),
    failures,
    awaitsReplacement: (pod) => {
      const index = completionIndexOf(pod);
      if (index === undefined || allCompleted.has(index) || known.has(index)) return false;
      const keeper = keepers.get(index);
      return keeper?.pod === pod && keeper.hasFailed;
    },
  };
}

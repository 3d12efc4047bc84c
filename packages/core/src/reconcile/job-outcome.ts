import type { Job, JobCondition, Pod } from '@gantry/api-types';
import { formatTime, parseTime } from '../lib/timestamp.ts';
import { IndexSet } from './index-set.ts';
import type { JobAccounts } from './job-accounts.ts';
import { isIndexed, jobPodState } from './job-pods.ts';
import { isPodTerminal } from './pod-state.ts';

/** How a Job ends. It says so first by SuccessCriteriaMet or FailureTarget, and finally when no pod runs any more. */
export interface JobOutcome {
  readonly isSuccess: boolean;
  readonly reason: string;
  readonly message: string;
}

/** The Job's condition of that type, where its status is True. */
export function trueCondition(job: Job, type: string): JobCondition | undefined {
  return job.status?.conditions?.find((condition) => condition.type === type && condition.status === 'True');
}

/** The condition that says that the Job is over: Complete or Failed. */
export function finishedCondition(job: Job): JobCondition | undefined {
  return trueCondition(job, 'Complete') ?? trueCondition(job, 'Failed');
}

/** What the Job has said about its end already: it does not change its mind. */
export function announcedOutcome(job: Job): JobOutcome | undefined {
  const failure = trueCondition(job, 'FailureTarget');
  const announced = failure ?? trueCondition(job, 'SuccessCriteriaMet');
  if (!announced) return undefined;
  const { reason = '', message = '' } = announced;
  return { isSuccess: announced !== failure, reason, message };
}

/** Whether the Job is to end now, and how; undefined while it is to go on. Pure. */
export function decideOutcome(
  job: Job,
  pods: readonly Pod[],
  accounts: JobAccounts,
  nowMs: number,
): JobOutcome | undefined {
  return (
    announcedOutcome(job) ??
    decideFailure(job, pods, accounts, nowMs) ??
    decideSuccessPolicy(job, accounts) ??
    decideCompletion(job, pods, accounts)
  );
}

/** When `activeDeadlineSeconds` is over, in milliseconds since the epoch; undefined where no time runs. */
export function deadlineMs(job: Job): number | undefined {
  const { activeDeadlineSeconds, suspend } = job.spec;
  const startedAt = parseTime(job.status?.startTime);
  if (activeDeadlineSeconds === undefined || suspend || startedAt === undefined) return undefined;
  return startedAt + activeDeadlineSeconds * 1000;
}

/** The conditions with one set, its time of transition kept where its status stays. */
export function withJobCondition(
  conditions: readonly JobCondition[],
  type: string,
  status: 'True' | 'False',
  why: { readonly reason: string; readonly message: string },
  nowMs: number,
): readonly JobCondition[] {
  const before = conditions.find((condition) => condition.type === type);
  if (before?.status === status && before.reason === why.reason && before.message === why.message) return conditions;
  const at = formatTime(nowMs);
  const lastTransitionTime = before?.status === status ? (before.lastTransitionTime ?? at) : at;
  const { reason, message } = why;
  const condition: JobCondition = { type, status, lastProbeTime: at, lastTransitionTime, reason, message };
  return [...conditions.filter((other) => other !== before), condition];
}

function decideFailure(job: Job, pods: readonly Pod[], accounts: JobAccounts, nowMs: number): JobOutcome | undefined {
  const failure = (reason: string, message: string): JobOutcome => ({ isSuccess: false, reason, message });
  if (accounts.fatal) return failure('PodFailurePolicy', accounts.fatal.message);
  const { backoffLimit = 6, maxFailedIndexes } = job.spec;
  if (accounts.failed > backoffLimit || hasTooManyRestarts(job, pods, backoffLimit)) {
    return failure('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  }
  const deadline = deadlineMs(job);
  if (deadline !== undefined && nowMs >= deadline) {
    return failure('DeadlineExceeded', 'Job was active longer than specified deadline');
  }
  const { size } = accounts.failedIndexes;
  if (maxFailedIndexes !== undefined && size > maxFailedIndexes) {
    return failure('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes');
  }
  if (size > 0 && size + accounts.completed.size >= (job.spec.completions ?? 0)) {
    return failure('FailedIndexes', 'Job has failed indexes');
  }
  return undefined;
}

/** With OnFailure pods stay and their containers start again: those starts count as failures. */
function hasTooManyRestarts(job: Job, pods: readonly Pod[], backoffLimit: number): boolean {
  if (job.spec.template.spec?.restartPolicy !== 'OnFailure') return false;
  let restarts = 0;
  for (const pod of pods) {
    if (isPodTerminal(pod)) continue;
    const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
    for (const { restartCount } of [...initContainerStatuses, ...containerStatuses]) restarts += restartCount;
  }
  return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit;
}

function decideSuccessPolicy(job: Job, { completed }: JobAccounts): JobOutcome | undefined {
  if (!isIndexed(job)) return undefined;
  const rules = job.spec.successPolicy?.rules ?? [];
  const index = rules.findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return completed.size >= (succeededCount ?? Number.POSITIVE_INFINITY);
    const wanted = IndexSet.parse(succeededIndexes);
    return completed.countCommon(wanted) >= (succeededCount ?? wanted.size);
  });
  if (index < 0) return undefined;
  return { isSuccess: true, reason: 'SuccessPolicy', message: `Matched rules at index ${index}` };
}

function decideCompletion(job: Job, pods: readonly Pod[], { succeeded }: JobAccounts): JobOutcome | undefined {
  const { completions } = job.spec;
  const hasActive = () => pods.some((pod) => jobPodState(job, pod) === 'active');
  // Without a number the pods share one queue: the first success says that it is empty, the others finish theirs.
  const isComplete = completions === undefined ? succeeded > 0 && !hasActive() : succeeded >= completions;
  if (!isComplete) return undefined;
  return { isSuccess: true, reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' };
}

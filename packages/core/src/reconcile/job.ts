import type { Job, JobCondition, JobStatus, NewObject, Pod } from '@gantry/api-types';
import type { RecordedEvent } from '../events/event-recorder.ts';
import { isSemanticallyEqual } from '../lib/deep-equal.ts';
import { omitZeros } from '../lib/omit-zeros.ts';
import { formatTime, parseTime } from '../lib/timestamp.ts';
import { type JobAccounts, planAccounts } from './job-accounts.ts';
import {
  announcedOutcome,
  deadlineMs,
  decideOutcome,
  finishedCondition,
  type JobOutcome,
  trueCondition,
  withJobCondition,
} from './job-outcome.ts';
import { isTerminating, isTracked, jobPodState } from './job-pods.ts';
import { planJobSize } from './job-size.ts';
import { isPodReady } from './pod-state.ts';

export interface JobObservation {
  readonly job: Job;
  /** The Job's own, ended and leaving ones included. */
  readonly pods: readonly Pod[];
  readonly nowMs: number;
}

/** What one pass over a Job decides on, to be carried out in this order. */
export interface JobPlan {
  /** Written first: it remembers what the rest makes untraceable. */
  readonly status: JobStatus;
  readonly isStatusChanged: boolean;
  readonly events: readonly RecordedEvent[];
  /** Lose their tracking finalizer. */
  readonly finalize: readonly Pod[];
  /** Run, but lost their finalizer (a crash on the way to dropping them, somebody's patch): get it back. */
  readonly trackPods: readonly Pod[];
  /** Are deleted because the Job ends: they count as failed. */
  readonly deletePods: readonly Pod[];
  /** Lose their finalizer and are deleted: too many, or suspended. They count for nothing. */
  readonly dropPods: readonly Pod[];
  readonly createPods: readonly NewObject<Pod>[];
  /** The Job's time to live after its end is over. */
  readonly deleteJob: boolean;
  readonly recheckAfterMs: number | undefined;
}

const component = 'job-controller';

/** True for a Job that another controller than Kubernetes' own sees to. */
export function isManagedElsewhere(job: Job): boolean {
  const { managedBy } = job.spec;
  return managedBy !== undefined && managedBy !== 'kubernetes.io/job-controller';
}

/** The next step of a Job. Pure. */
export function planJob(observation: JobObservation): JobPlan {
  const { job } = observation;
  if (finishedCondition(job)) return planFinished(observation);
  const isLeaving = job.metadata.deletionTimestamp !== undefined;
  const accounts = planAccounts(job, observation.pods, isLeaving || announcedOutcome(job) !== undefined);
  const outcome = isLeaving ? undefined : decideOutcome(job, observation.pods, accounts, observation.nowMs);
  if (outcome) return planEnd(observation, accounts, outcome);
  return planRun(observation, accounts, isLeaving);
}

function planFinished({ job, pods, nowMs }: JobObservation): JobPlan {
  const isLeaving = job.metadata.deletionTimestamp !== undefined;
  const ttlSecondsAfterFinished = isLeaving ? undefined : job.spec.ttlSecondsAfterFinished;
  const endedAt = parseTime(finishedCondition(job)?.lastTransitionTime) ?? nowMs;
  const leftMs = ttlSecondsAfterFinished === undefined ? undefined : endedAt + ttlSecondsAfterFinished * 1000 - nowMs;
  const isOver = leftMs !== undefined && leftMs <= 0;
  return {
    status: job.status,
    isStatusChanged: false,
    events: [],
    finalize: pods.filter(isTracked),
    trackPods: [],
    deletePods: [],
    dropPods: [],
    createPods: [],
    deleteJob: isOver,
    recheckAfterMs: isOver ? undefined : leftMs,
  };
}

/** The outcome is announced and what still runs is stopped; once nothing runs and all is counted, the Job is over. */
function planEnd(observation: JobObservation, accounts: JobAccounts, outcome: JobOutcome): JobPlan {
  const { job, pods, nowMs } = observation;
  const announced = outcome.isSuccess ? 'SuccessCriteriaMet' : 'FailureTarget';
  const wasAnnounced = trueCondition(job, announced) !== undefined;
  let conditions = withJobCondition(job.status?.conditions ?? [], announced, 'True', outcome, nowMs);
  const active = pods.filter((pod) => jobPodState(job, pod) === 'active');
  const { succeeded, failed } = accounts.uncounted;
  const isSettled = active.length === 0 && !pods.some(isTerminating) && !pods.some(isTracked);
  const isOver = wasAnnounced && isSettled && succeeded.length + failed.length === 0;
  const events: RecordedEvent[] = [];
  if (isOver) {
    conditions = withJobCondition(conditions, outcome.isSuccess ? 'Complete' : 'Failed', 'True', outcome, nowMs);
    events.push(endEvent(outcome));
  }
  const base = statusOf(observation, accounts, conditions);
  const status = isOver && outcome.isSuccess ? { ...base, completionTime: formatTime(nowMs) } : base;
  return finish(observation, status, { events, finalize: accounts.finalize, deletePods: active });
}

function planRun(observation: JobObservation, accounts: JobAccounts, isLeaving: boolean): JobPlan {
  const { job, pods, nowMs } = observation;
  const present = job.status?.conditions ?? [];
  const { finalize } = accounts;
  if (isLeaving) return finish(observation, statusOf(observation, accounts, present), { finalize });
  if (job.spec.suspend) {
    const conditions = withJobCondition(present, 'Suspended', 'True', suspended, nowMs);
    const { startTime: _, ...status } = statusOf(observation, accounts, conditions);
    const events = conditions === present ? [] : [noteEvent('Suspended', suspended.message)];
    const dropPods = pods.filter((pod) => jobPodState(job, pod) === 'active');
    return finish(observation, status, { events, finalize, dropPods });
  }
  const isResumed = trueCondition(job, 'Suspended') !== undefined;
  const conditions = isResumed ? withJobCondition(present, 'Suspended', 'False', resumed, nowMs) : present;
  const startTime = (isResumed ? undefined : job.status?.startTime) ?? formatTime(nowMs);
  const status = { ...statusOf(observation, accounts, conditions), startTime };
  const { nextStartMs, ...size } = planJobSize(job, pods, accounts, nowMs);
  const due = [nextStartMs, deadlineMs({ ...job, status })].filter((at) => at !== undefined);
  const untracked = pods.filter((pod) => jobPodState(job, pod) === 'active' && !isTracked(pod));
  return finish(observation, status, {
    ...size,
    trackPods: untracked.filter((pod) => !size.dropPods.includes(pod)),
    events: isResumed ? [noteEvent('Resumed', resumed.message)] : [],
    finalize,
    recheckAfterMs: due.length > 0 ? Math.max(0, Math.min(...due) - nowMs) : undefined,
  });
}

const suspended = { reason: 'JobSuspended', message: 'Job suspended' };
const resumed = { reason: 'JobResumed', message: 'Job resumed' };

function statusOf(
  { job, pods }: JobObservation,
  accounts: JobAccounts,
  conditions: readonly JobCondition[],
): JobStatus {
  const active = pods.filter((pod) => jobPodState(job, pod) === 'active');
  const { startTime, completionTime } = job.status ?? {};
  const completedIndexes = accounts.completed.toString();
  const failedIndexes = accounts.failedIndexes.toString();
  const { succeeded, failed } = accounts.uncounted;
  return {
    ...(conditions.length > 0 ? { conditions: [...conditions] } : {}),
    ...(startTime === undefined ? {} : { startTime }),
    ...(completionTime === undefined ? {} : { completionTime }),
    ...omitZeros({
      active: active.length,
      succeeded: accounts.countedSucceeded,
      failed: accounts.countedFailed,
    }),
    terminating: pods.filter(isTerminating).length,
    ready: active.filter(isPodReady).length,
    ...(completedIndexes === '' ? {} : { completedIndexes }),
    ...(failedIndexes === '' ? {} : { failedIndexes }),
    uncountedTerminatedPods: {
      ...(succeeded.length > 0 ? { succeeded: [...succeeded] } : {}),
      ...(failed.length > 0 ? { failed: [...failed] } : {}),
    },
  };
}

function finish({ job }: JobObservation, status: JobStatus, rest: Partial<JobPlan>): JobPlan {
  return {
    events: [],
    finalize: [],
    trackPods: [],
    deletePods: [],
    dropPods: [],
    createPods: [],
    recheckAfterMs: undefined,
    ...rest,
    status,
    isStatusChanged: !isSemanticallyEqual(job.status ?? {}, status),
    deleteJob: false,
  };
}

function endEvent({ isSuccess, reason, message }: JobOutcome): RecordedEvent {
  if (isSuccess) return noteEvent('Completed', 'Job completed');
  return { type: 'Warning', reason, message, component };
}

function noteEvent(reason: string, message: string): RecordedEvent {
  return { type: 'Normal', reason, message, component };
}

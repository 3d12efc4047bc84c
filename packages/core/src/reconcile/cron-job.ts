import type { CronJob, CronJobStatus, Job, NewObject, ObjectReference } from '@gantry/api-types';
import type { RecordedEvent } from '../events/event-recorder.ts';
import { isSemanticallyEqual } from '../lib/deep-equal.ts';
import { formatTime, parseTime } from '../lib/timestamp.ts';
import { type CronProblem, type CronSchedule, parseCronSchedule } from './cron-schedule.ts';
import { findMissedStarts } from './cron-times.ts';
import { finishedCondition, trueCondition } from './job-outcome.ts';
import { controllerReference } from './owner-references.ts';

const component = 'cronjob-controller';
const scheduledAnnotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

export interface CronJobObservation {
  readonly cronJob: CronJob;
  /** The CronJob's own. */
  readonly jobs: readonly Job[];
  readonly nowMs: number;
}

/** What one pass over a CronJob decides on, to be carried out in this order. */
export interface CronJobPlan {
  /** Of the history, or running ones to be replaced. */
  readonly deleteJobs: readonly Job[];
  /** Its name says for which minute it is: a taken name means that it was made already. */
  readonly createJob: NewObject<Job> | undefined;
  /** Without the Job to be created, which is added once it exists: see `withActive`. */
  readonly status: CronJobStatus;
  readonly isStatusChanged: boolean;
  /** `lastScheduleTime` once the Job to be created exists. */
  readonly scheduleTime: string | undefined;
  readonly events: readonly RecordedEvent[];
  readonly recheckAfterMs: number | undefined;
}

/** Which Jobs a CronJob starts and removes now, and when it has to look again. Pure. */
export function planCronJob(observation: CronJobObservation): CronJobPlan {
  const { cronJob } = observation;
  const { status, events } = observeJobs(observation);
  const base = {
    deleteJobs: planHistory(observation),
    createJob: undefined,
    status,
    isStatusChanged: !isSemanticallyEqual(cronJob.status ?? {}, status),
    scheduleTime: undefined,
    events,
    recheckAfterMs: undefined,
  };
  if (cronJob.metadata.deletionTimestamp !== undefined || cronJob.spec.suspend) return base;
  const schedule = parseCronSchedule(cronJob.spec.schedule, cronJob.spec.timeZone);
  if ('problem' in schedule) return { ...base, events: [...events, scheduleEvent(cronJob, schedule)] };
  const start = planStart(observation, status, schedule);
  const next = schedule.next(observation.nowMs);
  return {
    ...base,
    ...start,
    deleteJobs: [...base.deleteJobs, ...(start.deleteJobs ?? [])],
    events: [...events, ...(start.events ?? [])],
    // A little late rather than early: timers are not exact.
    recheckAfterMs: next === undefined ? undefined : next - observation.nowMs + 20,
  };
}

/** The status with one more active Job. */
export function withActive(status: CronJobStatus, job: Job, scheduleTime: string): CronJobStatus {
  const others = (status.active ?? []).filter(({ uid }) => uid !== job.metadata.uid);
  return { ...status, active: [...others, referenceTo(job)], lastScheduleTime: scheduleTime };
}

function scheduleEvent({ spec }: CronJob, { field, problem }: CronProblem): RecordedEvent {
  return field === 'timeZone'
    ? warning('UnknownTimeZone', `invalid timeZone: "${spec.timeZone}": ${problem}`)
    : warning('UnparseableCronJobSchedule', `unparseable schedule: "${spec.schedule}" : ${problem}`);
}

function planStart(
  { cronJob, jobs, nowMs }: CronJobObservation,
  status: CronJobStatus,
  schedule: CronSchedule,
): Partial<CronJobPlan> {
  const { startingDeadlineSeconds, concurrencyPolicy } = cronJob.spec;
  const last = parseTime(status.lastScheduleTime ?? cronJob.metadata.creationTimestamp) ?? nowMs;
  const deadlineMs = startingDeadlineSeconds === undefined ? undefined : startingDeadlineSeconds * 1000;
  const since = deadlineMs === undefined ? last : Math.max(last, nowMs - deadlineMs);
  const { latestMs, areTooMany } = findMissedStarts(schedule, since, nowMs);
  const events: RecordedEvent[] = [];
  if (areTooMany) {
    const hint = 'Set or decrease .spec.startingDeadlineSeconds or check clock skew';
    events.push(warning('TooManyMissedTimes', `too many missed start times. ${hint}`));
  }
  if (latestMs === undefined) return { events: [...events, ...missedEvents(schedule, last, since, nowMs)] };
  const job = newJob(cronJob, latestMs);
  const active = status.active ?? [];
  const scheduleTime = formatTime(latestMs);
  // Made before a crash that kept its time from being written.
  if (jobs.some(({ metadata }) => metadata.name === job.metadata.name)) {
    return { events, status: { ...status, lastScheduleTime: scheduleTime }, isStatusChanged: true };
  }
  if (concurrencyPolicy === 'Forbid' && active.length > 0) {
    const message = 'Not starting job because prior execution is running and concurrency policy is Forbid';
    return { events: [...events, note('JobAlreadyActive', message)] };
  }
  const isReplacing = concurrencyPolicy === 'Replace';
  const replaced = jobs.filter(({ metadata }) => isReplacing && active.some(({ uid }) => uid === metadata.uid));
  return { events, createJob: job, deleteJobs: replaced, scheduleTime };
}

/** A start that came too late by `startingDeadlineSeconds`: said once, for the latest. */
function missedEvents(schedule: CronSchedule, last: number, since: number, nowMs: number): readonly RecordedEvent[] {
  if (since <= last) return [];
  const { latestMs } = findMissedStarts(schedule, last, nowMs);
  if (latestMs === undefined) return [];
  return [warning('MissSchedule', `Missed scheduled time to start a job: ${new Date(latestMs).toUTCString()}`)];
}

/** Brings `active` and `lastSuccessfulTime` in line with the Jobs. */
function observeJobs({ cronJob, jobs }: CronJobObservation): {
  readonly status: CronJobStatus;
  readonly events: readonly RecordedEvent[];
} {
  const events: RecordedEvent[] = [];
  const byUid = new Map(jobs.map((job) => [job.metadata.uid, job]));
  const active: ObjectReference[] = [];
  for (const reference of cronJob.status?.active ?? []) {
    const job = byUid.get(reference.uid ?? '');
    const end = job && finishedCondition(job);
    if (job && !end) active.push(reference);
    else if (end) {
      const message = `Saw completed job: ${reference.name}, condition: ${end.type}`;
      events.push(note('SawCompletedJob', message));
    } else events.push(note('MissingJob', `Active job went missing: ${reference.name}`));
  }
  for (const job of jobs) {
    // Made right before a crash, or by hand (`kubectl create job --from`): it counts as running.
    const isKnown = cronJob.status?.active?.some(({ uid }) => uid === job.metadata.uid);
    if (!isKnown && !finishedCondition(job)) {
      events.push(
        warning('UnexpectedJob', `Saw a job that the controller did not create or forgot: ${job.metadata.name}`),
      );
      active.push(referenceTo(job));
    }
  }
  const lastSuccess = lastSuccessfulTime(cronJob, jobs);
  const { active: _, ...rest } = cronJob.status ?? {};
  return {
    status: {
      ...rest,
      ...(active.length > 0 ? { active } : {}),
      ...(lastSuccess === undefined ? {} : { lastSuccessfulTime: lastSuccess }),
    },
    events,
  };
}

function lastSuccessfulTime({ status }: CronJob, jobs: readonly Job[]): string | undefined {
  const times = jobs.filter((job) => trueCondition(job, 'Complete')).map((job) => job.status.completionTime);
  const known = [status?.lastSuccessfulTime, ...times].filter((time) => time !== undefined);
  return known.toSorted((a, b) => (parseTime(a) ?? 0) - (parseTime(b) ?? 0)).at(-1);
}

/** Ended Jobs beyond the history limits, oldest first. */
function planHistory({ cronJob, jobs }: CronJobObservation): readonly Job[] {
  const { successfulJobsHistoryLimit: successful = 3, failedJobsHistoryLimit: failed = 1 } = cronJob.spec;
  return [...excess(jobs, 'Complete', successful), ...excess(jobs, 'Failed', failed)];
}

function excess(jobs: readonly Job[], condition: 'Complete' | 'Failed', limit: number): readonly Job[] {
  const startOf = (job: Job) => parseTime(job.status.startTime ?? job.metadata.creationTimestamp) ?? 0;
  const ended = jobs.filter((job) => trueCondition(job, condition) && job.metadata.deletionTimestamp === undefined);
  return ended.toSorted((a, b) => startOf(a) - startOf(b)).slice(0, Math.max(0, ended.length - limit));
}

function newJob(cronJob: CronJob, scheduledMs: number): NewObject<Job> {
  const { name, namespace } = cronJob.metadata;
  const { metadata, spec } = cronJob.spec.jobTemplate;
  const annotations = { ...metadata?.annotations, [scheduledAnnotation]: formatTime(scheduledMs) };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${name}-${Math.floor(scheduledMs / 60_000)}`,
      ...(namespace === undefined ? {} : { namespace }),
      ...(metadata?.labels ? { labels: { ...metadata.labels } } : {}),
      annotations,
      ownerReferences: [controllerReference(cronJob)],
    },
    spec: structuredClone(spec),
  };
}

function referenceTo({ apiVersion, kind, metadata }: Job): ObjectReference {
  const { namespace, name, uid, resourceVersion } = metadata;
  return { apiVersion, kind, ...(namespace === undefined ? {} : { namespace }), name, uid, resourceVersion };
}

function note(reason: string, message: string): RecordedEvent {
  return { type: 'Normal', reason, message, component };
}

function warning(reason: string, message: string): RecordedEvent {
  return { type: 'Warning', reason, message, component };
}

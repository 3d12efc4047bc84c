import type { FeedWorkload } from '@gantry/api-types/feed';

/** How far a workload is: a few words, the part of what is wanted, and whether something is missing. */
export interface WorkloadStanding {
  readonly words: string;
  readonly done: number;
  readonly wanted: number;
  /** What `done` counts. */
  readonly what: 'ready' | 'done';
  readonly isShort: boolean;
}

/** `ready` is the number of its Ready pods as the tiles show them. */
export function standingOf(workload: FeedWorkload, ready: number): WorkloadStanding {
  const { replicas: wanted, job, schedule } = workload;
  if (schedule !== undefined)
    return { words: cronJobWords(workload), done: 0, wanted: 0, what: 'done', isShort: false };
  if (!job) return { words: `${ready}/${wanted} ready`, done: ready, wanted, what: 'ready', isShort: ready < wanted };
  // Without a number of completions the first success is enough.
  const completions = job.completions ?? 1;
  const hasFailed = jobHas(workload, 'Failed');
  const words = hasFailed
    ? 'failed'
    : workload.paused
      ? 'suspended'
      : `${job.succeeded}/${job.completions ?? '1+'} done`;
  return { words, done: job.succeeded, wanted: completions, what: 'done', isShort: hasFailed };
}

/** Whether a Job's condition is True. */
export function jobHas({ conditions }: FeedWorkload, type: 'Complete' | 'Failed'): boolean {
  return conditions.some((condition) => condition.type === type && condition.status === 'True');
}

function cronJobWords({ paused, currentReplicas, schedule = '' }: FeedWorkload): string {
  if (paused) return 'suspended';
  return currentReplicas > 0 ? `${currentReplicas} running` : schedule;
}

import type { CronSchedule } from './cron-schedule.ts';

/** More missed starts than this are worth a warning: the clock may be wrong. */
const tooManyMissed = 100;

export interface MissedStarts {
  /** The latest time that is due and was not seen to, in milliseconds since the epoch; undefined where nothing is. */
  readonly latestMs: number | undefined;
  readonly areTooMany: boolean;
}

/** What a schedule called for after `sinceMs` and up to `nowMs`. Quick however long ago that is. Pure. */
export function findMissedStarts(schedule: CronSchedule, sinceMs: number, nowMs: number): MissedStarts {
  let latestMs: number | undefined;
  let next = schedule.next(sinceMs);
  for (let count = 0; next !== undefined && next <= nowMs; count += 1) {
    latestMs = next;
    if (count >= tooManyMissed) return { latestMs: findLatest(schedule, next, nowMs), areTooMany: true };
    next = schedule.next(next);
  }
  return { latestMs, areTooMany: false };
}

/** Looks back from now, further each time, for a stretch with a start in it; such a stretch holds few. */
function findLatest(schedule: CronSchedule, knownMs: number, nowMs: number): number {
  for (let stretchMs = 60_000; nowMs - stretchMs > knownMs; stretchMs *= 2) {
    const first = schedule.next(nowMs - stretchMs);
    if (first !== undefined && first <= nowMs) return walkTo(schedule, first, nowMs);
  }
  return walkTo(schedule, knownMs, nowMs);
}

function walkTo(schedule: CronSchedule, fromMs: number, nowMs: number): number {
  let latest = fromMs;
  for (let next = schedule.next(latest); next !== undefined && next <= nowMs; next = schedule.next(latest))
    latest = next;
  return latest;
}

import { cronScheduleProblem, timeZoneProblem } from '@gantry/api-types/lib/cron-schedule';
import { Cron } from 'croner';

/** When a CronJob is due. Times are in milliseconds since the epoch. */
export interface CronSchedule {
  /** The first time after `afterMs`; undefined where there is none. */
  next(afterMs: number): number | undefined;
}

/** What is wrong with a schedule or its time zone. */
export interface CronProblem {
  readonly field: 'schedule' | 'timeZone';
  readonly problem: string;
}

const shorthands: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

interface Field {
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** Minute, hour, day of month, month, day of week. */
const fields: readonly Field[] = [
  { min: 0, max: 59, names: [] },
  { min: 0, max: 23, names: [] },
  { min: 1, max: 31, names: [] },
  { min: 1, max: 12, names: months },
  { min: 0, max: 6, names: weekdays },
];

/**
 * A schedule as Kubernetes reads it (robfig/cron's standard format): five fields, `@hourly` and the like, `@every 1h30m`.
 * Where day of month and day of week are both restricted, either is enough.
 * What differs: a time that a change of clocks skips is made up for right after it, one that comes twice counts once.
 */
export function parseCronSchedule(text: string, timeZone = 'UTC'): CronSchedule | CronProblem {
  const problem = cronScheduleProblem(text);
  if (problem !== undefined) return { field: 'schedule', problem };
  const zoneProblem = timeZoneProblem(timeZone);
  if (zoneProblem !== undefined) return { field: 'timeZone', problem: zoneProblem };
  const every = /^@every (.+)$/.exec(text)?.[1];
  if (every !== undefined) return everySchedule(durationMs(every));
  const parts = (shorthands[text] ?? text).trim().split(/\s+/);
  const pattern = fields.map((field, index) => expandField(field, parts[index] ?? '*')).join(' ');
  const cron = new Cron(pattern, { timezone: timeZone, paused: true, mode: '5-part' });
  return { next: (afterMs) => cron.nextRun(new Date(afterMs))?.getTime() };
}

/** `croner` knows more than Kubernetes does (L, W, #, 7 for Sunday): what reaches it is `*` or plain numbers. */
function expandField(field: Field, text: string): string {
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const [range = '', stepText] = part.split('/');
    const step = Number(stepText ?? 1);
    const isAll = range === '*' || range === '?';
    // A star makes the field unrestricted, whatever stands beside it; one with a step does not.
    if (isAll && step === 1) return '*';
    const [lowText = '', highText] = isAll ? [] : range.split('-');
    const low = isAll ? field.min : numberOf(field, lowText);
    // `5/15` means from 5 on.
    const openEnd = isAll || stepText !== undefined ? field.max : low;
    const high = highText === undefined ? openEnd : numberOf(field, highText);
    for (let value = low; value <= high; value += step) values.add(value);
  }
  return [...values].sort((a, b) => a - b).join(',');
}

function numberOf({ names, min }: Field, text: string): number {
  const index = names.indexOf(text.toLowerCase());
  return index >= 0 ? index + min : Number(text);
}

const unitsMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

function durationMs(text: string): number {
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g);
  let sum = 0;
  for (const [, value, unit = ''] of parts) sum += Number(value) * (unitsMs[unit] ?? 0);
  return sum;
}

/** Whole seconds, and at least one, as there. */
function everySchedule(everyMs: number): CronSchedule {
  const stepMs = Math.max(1000, Math.floor(everyMs / 1000) * 1000);
  return { next: (afterMs) => Math.floor(afterMs / 1000) * 1000 + stepMs };
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCronSchedule } from './cron-schedule.ts';
import { findMissedStarts } from './cron-times.ts';

function schedule(text: string, timeZone?: string) {
  const parsed = parseCronSchedule(text, timeZone);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed;
}

function firstRuns(text: string, from: string, count: number, timeZone?: string): string[] {
  const { next } = schedule(text, timeZone);
  const runs: string[] = [];
  let at: number | undefined = Date.parse(from);
  while (at !== undefined && runs.length < count) {
    at = next(at);
    if (at !== undefined) runs.push(`${new Date(at).toISOString().slice(0, 16)}`);
  }
  return runs;
}

describe('parseCronSchedule', () => {
  it.each<[string, string[]]>([
    ['*/20 * * * *', ['2026-01-01T00:20', '2026-01-01T00:40', '2026-01-01T01:00']],
    ['5/25 * * * *', ['2026-01-01T00:05', '2026-01-01T00:30', '2026-01-01T00:55']],
    ['0 9-17/4 * * MON-FRI', ['2026-01-01T09:00', '2026-01-01T13:00', '2026-01-01T17:00']],
    ['? ? 1 feb ?', ['2026-02-01T00:00', '2026-02-01T00:01', '2026-02-01T00:02']],
    ['@hourly', ['2026-01-01T01:00', '2026-01-01T02:00', '2026-01-01T03:00']],
    ['@weekly', ['2026-01-04T00:00', '2026-01-11T00:00', '2026-01-18T00:00']],
    ['@monthly', ['2026-02-01T00:00', '2026-03-01T00:00', '2026-04-01T00:00']],
    ['@annually', ['2027-01-01T00:00', '2028-01-01T00:00', '2029-01-01T00:00']],
    ['@every 1h30m', ['2026-01-01T01:30', '2026-01-01T03:00', '2026-01-01T04:30']],
    // Either of the two days is enough where both are restricted, also by a step…
    ['0 0 13 * 5', ['2026-01-02T00:00', '2026-01-09T00:00', '2026-01-13T00:00']],
    ['0 0 */10 * 5', ['2026-01-02T00:00', '2026-01-09T00:00', '2026-01-11T00:00']],
    // …and the other one counts where one is a star, with whatever beside it.
    ['0 0 *,5 * 5', ['2026-01-02T00:00', '2026-01-09T00:00', '2026-01-16T00:00']],
    ['0 0 */1 * 5', ['2026-01-02T00:00', '2026-01-09T00:00', '2026-01-16T00:00']],
    ['0 0 29 2 *', ['2028-02-29T00:00', '2032-02-29T00:00', '2036-02-29T00:00']],
  ])('reads %s as Kubernetes does', (text, expected) => {
    expect(firstRuns(text, '2026-01-01T00:00:00Z', 3)).toEqual(expected);
  });

  it('runs by the clocks of a time zone', () => {
    expect(firstRuns('30 8 * * *', '2026-03-28T00:00:00Z', 3, 'Europe/Berlin')).toEqual([
      '2026-03-28T07:30',
      '2026-03-29T06:30',
      '2026-03-30T06:30',
    ]);
  });

  it('makes up for a time that a change of clocks skips, and runs once where it comes twice', () => {
    expect(firstRuns('30 2 * * *', '2026-03-28T12:00:00Z', 2, 'Europe/Berlin')).toEqual([
      '2026-03-29T01:00',
      '2026-03-30T00:30',
    ]);
    expect(firstRuns('30 2 * * *', '2026-10-24T12:00:00Z', 2, 'Europe/Berlin')).toEqual([
      '2026-10-25T00:30',
      '2026-10-26T01:30',
    ]);
  });

  it('never runs on a day that does not exist', () => {
    expect(firstRuns('0 0 31 2 *', '2026-01-01T00:00:00Z', 1)).toEqual([]);
  });

  it.each(['* * * *', '0 0 L * *', '0 0 * * 7', '0 0 * * 5#2', '61 * * * *', '@often', '* * * * * *', '@every soon'])(
    'refuses %s',
    (text) => {
      expect(parseCronSchedule(text)).toMatchObject({ field: 'schedule' });
    },
  );

  it('refuses a time zone that does not exist', () => {
    expect(parseCronSchedule('* * * * *', 'Mars/Olympus')).toMatchObject({ field: 'timeZone' });
  });

  it('finds the same minutes as trying each one', () => {
    const list = (min: number, max: number) => fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        list(0, 59),
        list(0, 23),
        list(1, 28),
        list(0, 6),
        fc.nat(86_400_000),
        (minutes, hours, days, weekdays, offset) => {
          const text = `${minutes.join(',')} ${hours.join(',')} ${days.join(',')} * ${weekdays.join(',')}`;
          const from = Date.UTC(2026, 4, 1) + offset;
          let expected = Math.floor(from / 60_000) * 60_000 + 60_000;
          const isDue = (at: Date) =>
            minutes.includes(at.getUTCMinutes()) &&
            hours.includes(at.getUTCHours()) &&
            (days.includes(at.getUTCDate()) || weekdays.includes(at.getUTCDay()));
          while (!isDue(new Date(expected))) expected += 60_000;
          expect(schedule(text).next(from)).toBe(expected);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('findMissedStarts', () => {
  const hour = 3_600_000;

  it('finds the latest start that is due', () => {
    const now = Date.UTC(2026, 0, 1, 5, 30);
    expect(findMissedStarts(schedule('@hourly'), now - 3 * hour, now)).toEqual({
      latestMs: Date.UTC(2026, 0, 1, 5),
      areTooMany: false,
    });
    expect(findMissedStarts(schedule('@hourly'), now - 1000, now).latestMs).toBeUndefined();
  });

  it.each(['* * * * *', '@hourly', '0 0 1 * *', '@every 7s', '*/5 3 * * 1'])(
    'finds it after ten years of %s, too, and says that many were missed',
    (text) => {
      const now = Date.UTC(2026, 6, 15, 12, 0, 30);
      const { latestMs = 0, areTooMany } = findMissedStarts(schedule(text), Date.UTC(2016, 0, 1), now);
      expect(areTooMany).toBe(true);
      expect(latestMs).toBeLessThanOrEqual(now);
      expect(schedule(text).next(latestMs)).toBeGreaterThan(now);
    },
  );
});

import { describe, expect, it } from 'vitest';
import { HistoryRing, tierFor } from './history-ring.ts';

const minute = 60_000;
const start = Date.UTC(2026, 0, 1);

/** The steps of the last `seconds` before `now`, oldest first. */
function stepsOf(ring: HistoryRing, options: { seconds: number; now: number; column?: number }) {
  const tier = tierFor(options.seconds);
  const stepMs = [2_000, 10_000, 30_000][tier] ?? 0;
  const steps = (options.seconds * 1000) / stepMs;
  const first = Math.floor(options.now / stepMs) - steps;
  return Array.from({ length: steps }, (_, step) => ring.valueAt(tier, first + step, options.column ?? 0));
}

describe('a history ring', () => {
  it('keeps two minutes in steps of two seconds', () => {
    const ring = new HistoryRing(1);
    for (let at = 0; at < 5 * minute; at += 2_000) ring.add(start + at, [at / 2_000]);
    const last = stepsOf(ring, { seconds: 120, now: start + 5 * minute });
    expect(last).toEqual(Array.from({ length: 60 }, (_, step) => 90 + step));
  });

  it('keeps the means of older steps, for half an hour', () => {
    const ring = new HistoryRing(1);
    for (let at = 0; at < 40 * minute; at += 2_000) ring.add(start + at, [at < 20 * minute ? 10 : 30]);
    expect(stepsOf(ring, { seconds: 600, now: start + 40 * minute })).toEqual(new Array(60).fill(30));
    const half = stepsOf(ring, { seconds: 1800, now: start + 40 * minute });
    expect(half).toEqual([...new Array(20).fill(10), ...new Array(40).fill(30)]);
  });

  it('takes the mean where several samples fall into a step', () => {
    const ring = new HistoryRing(1);
    for (const [at, value] of [
      [0, 1],
      [2_000, 2],
      [4_000, 6],
    ] as const)
      ring.add(start + at, [value]);
    expect(stepsOf(ring, { seconds: 600, now: start + 10_000 }).at(-1)).toBe(3);
  });

  it('bridges a step that a late sample missed, not a real gap', () => {
    const ring = new HistoryRing(1);
    ring.add(start, [5]);
    ring.add(start + 4_100, [7]);
    expect(stepsOf(ring, { seconds: 6, now: start + 6_000 })).toEqual([5, 5, 7]);
    ring.add(start + minute, [9]);
    const last = stepsOf(ring, { seconds: 60, now: start + minute + 2_000 });
    expect(last.filter((value) => value === undefined)).toHaveLength(25);
  });

  it('shows nothing of an earlier life of a slot', () => {
    const ring = new HistoryRing(2);
    for (let at = 0; at < 2 * minute; at += 2_000) ring.add(start + at, [1, 1]);
    ring.add(start + 60 * minute, [2, 0]);
    const now = start + 60 * minute + 2_000;
    expect(stepsOf(ring, { seconds: 120, now }).filter((value) => value !== undefined)).toEqual([2]);
    expect(stepsOf(ring, { seconds: 120, now, column: 1 }).at(-1)).toBe(0);
  });

  it('has zero for a figure that was none until now', () => {
    const ring = new HistoryRing(2);
    ring.add(start, [1, 0]);
    ring.add(start + 2_000, [1, 8]);
    expect(stepsOf(ring, { seconds: 4, now: start + 4_000, column: 1 })).toEqual([0, 8]);
  });

  it('leaves out a sample of before the newest step: the clock was set back', () => {
    const ring = new HistoryRing(1);
    ring.add(start + 4_000, [4]);
    ring.add(start, [100]);
    expect(stepsOf(ring, { seconds: 6, now: start + 6_000 })).toEqual([undefined, undefined, 4]);
  });
});

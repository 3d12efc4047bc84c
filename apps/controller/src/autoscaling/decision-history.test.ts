import type { AutoscalerPoint } from '@gantry/api-types';
import { describe, expect, it } from 'vitest';
import { DecisionHistory, keptMs } from './decision-history.ts';

const point = (at: number, desired = 1): AutoscalerPoint => ({ at, current: 1, desired, metrics: [] });

describe('the history of decisions', () => {
  it('reaches back for half an hour', () => {
    const history = new DecisionHistory();
    for (let at = 0; at <= 2 * keptMs; at += 15_000) history.add('a/b', point(at));
    expect(history.of('a/b')).toHaveLength(keptMs / 15_000);
    expect(history.of('a/b').at(-1)?.at).toBe(2 * keptMs);
  });

  it('keeps every change and thins out what is the same, for autoscalers that decide every second', () => {
    const history = new DecisionHistory();
    for (let at = 0; at < keptMs; at += 1_000) history.add('a/b', point(at, at === 100_000 ? 7 : 1));
    const points = history.of('a/b');
    expect(points.length).toBeLessThan(370);
    expect(points.filter(({ desired }) => desired === 7)).toHaveLength(1);
    expect(points.at(-1)?.at).toBe(keptMs - 1_000);
  });

  it('is bounded however often one changes its mind', () => {
    const history = new DecisionHistory();
    for (let at = 0; at < keptMs; at += 100) history.add('a/b', point(at, at));
    expect(history.of('a/b')).toHaveLength(720);
    history.forget('a/b');
    expect(history.of('a/b')).toEqual([]);
  });
});

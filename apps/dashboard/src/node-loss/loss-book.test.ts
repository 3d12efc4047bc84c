import { describe, expect, it } from 'vitest';
import { feedNode } from '../testing/feed-objects.ts';
import { dipOf, LossBook } from './loss-book.ts';

const lost = (since: string) => feedNode('node-1', { conditions: [{ type: 'Ready', status: 'Unknown', since }] });
const at = '2026-11-21T12:00:00Z';
const t0 = Date.parse(at);

describe('a lost node', () => {
  it('is told of from its loss until some minutes after it is back', () => {
    const book = new LossBook();
    book.nodeChanged(feedNode('node-1'), t0 - 5000, 0);
    expect(book.losses(t0)).toEqual([]);
    book.nodeChanged(lost(at), t0 + 100, 0);
    book.nodeChanged(lost(at), t0 + 900, 3);
    expect(book.losses(t0 + 1000)).toEqual([{ node: 'node-1', lostAt: t0 }]);
    book.nodeChanged(feedNode('node-1'), t0 + 130_000, 3);
    expect(book.losses(t0 + 131_000)).toEqual([{ node: 'node-1', lostAt: t0, backAt: t0 + 130_000, evicted: 3 }]);
    expect(book.losses(t0 + 900_000)).toEqual([]);
  });

  it('is a new loss when it is lost again, and none once it is removed', () => {
    const book = new LossBook();
    book.nodeChanged(lost(at), t0, 0);
    book.nodeChanged(feedNode('node-1'), t0 + 1000, 0);
    book.nodeChanged(lost('2026-11-21T12:01:00Z'), t0 + 60_000, 0);
    expect(book.losses(t0 + 61_000)).toEqual([{ node: 'node-1', lostAt: t0 + 60_000 }]);
    book.nodeGone('node-1');
    expect(book.losses(t0 + 61_000)).toEqual([]);
  });
});

describe('the ready endpoints of a Service', () => {
  const service = (ready: number) => ({
    key: 'default/web',
    uid: 'u',
    createdAt: at,
    type: 'ClusterIP',
    ports: [],
    selector: {},
    endpoints: { ready, notReady: 0, terminating: 0 },
  });

  it('are remembered as steps, from what was so at an instant', () => {
    const book = new LossBook();
    for (const [ready, ms] of [
      [60, 0],
      [60, 10],
      [49, 20_000],
      [60, 32_000],
    ] as const)
      book.serviceChanged(service(ready), t0 + ms);
    expect(book.stepsOf('default/web', t0 + 15_000).map(({ ready }) => ready)).toEqual([60, 49, 60]);
    expect(dipOf(book.stepsOf('default/web', t0 + 15_000), t0 + 60_000)).toEqual({
      before: 60,
      least: 49,
      now: 60,
      ms: 12_000,
      until: t0 + 32_000,
    });
    expect(book.stepsOf('default/other')).toEqual([]);
  });

  it('have not dipped where they only grew', () => {
    expect(
      dipOf(
        [
          { at: 0, ready: 3 },
          { at: 1, ready: 5 },
        ],
        9,
      ),
    ).toBeUndefined();
    expect(dipOf([{ at: 0, ready: 3 }], 9)).toBeUndefined();
    expect(
      dipOf(
        [
          { at: 0, ready: 3 },
          { at: 1000, ready: 1 },
        ],
        9000,
      ),
    ).toEqual({ before: 3, least: 1, now: 1, ms: 8000, until: 9000 });
  });
});

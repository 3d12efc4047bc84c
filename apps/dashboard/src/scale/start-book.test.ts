import { describe, expect, it } from 'vitest';
import { feedNode, feedPod } from '../testing/feed-objects.ts';
import { latencies, quantile, StartBook } from './start-book.ts';

const node = feedNode('node-1');
const createdAt = '2026-11-21T12:00:00Z';
const t0 = Date.parse(createdAt);

function start(book: StartBook, name: string, times: readonly number[]): void {
  const made = feedPod(name, { createdAt });
  const bound = { ...made, nodeName: 'node-1' };
  const running = { ...bound, phase: 'Running', status: 'Running' };
  const steps = [made, bound, running, { ...running, isReady: true }];
  times.forEach((at, index) => {
    const pod = steps[index];
    if (pod) book.podChanged(pod, steps[index - 1], 'web', node, t0 + at);
  });
}

describe('how fast pods start', () => {
  it('is timed by the frames that brought each phase', () => {
    const book = new StartBook();
    start(book, 'web-1', [100, 150, 900, 1400]);
    expect(latencies(book.of('web'), 'scheduledAt')).toEqual([125]);
    expect(latencies(book.of('web'), 'runningAt')).toEqual([875]);
    expect(latencies(book.of('web'), 'readyAt')).toEqual([1375]);
    expect(book.of('other')).toEqual([]);
  });

  it('is not told of pods that were there before, and of those that went before they were ready', () => {
    const book = new StartBook();
    const old = feedPod('old', { nodeName: 'node-1', phase: 'Running' });
    book.podChanged({ ...old, isReady: true }, old, 'web', node, t0 + 5000);
    start(book, 'gone', [100, 150]);
    book.podGone('uid-gone');
    expect(book.of()).toEqual([]);
  });

  it('stays what it was when a pod turns unready later', () => {
    const book = new StartBook();
    start(book, 'web-1', [100, 150, 900, 1400]);
    const pod = feedPod('web-1', { nodeName: 'node-1', phase: 'Running', isReady: true });
    book.podChanged(pod, { ...pod, isReady: false }, 'web', node, t0 + 60_000);
    expect(latencies(book.of('web'), 'readyAt')).toEqual([1375]);
  });
});

it('has quantiles by nearest rank', () => {
  const values = Array.from({ length: 20 }, (_, i) => i + 1);
  expect(quantile(values, 0.5)).toBe(10);
  expect(quantile(values, 0.95)).toBe(19);
  expect(quantile([7], 0.95)).toBe(7);
  expect(quantile([], 0.5)).toBeUndefined();
});

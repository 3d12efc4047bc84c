import { expect, it } from 'vitest';
import { queueWords } from './queue-words.ts';

const at = '2026-11-21T12:00:00Z';
const now = Date.parse(at) + 8000;
const decision = {
  podKey: '',
  podUid: '',
  at,
  outcome: 'unschedulable' as const,
  attempts: 3,
  durationMs: 1,
  nodes: [],
  nodesTotal: 0,
};
const place = { position: 2, waiting: 14, attempts: 3 };

it('says where a pod stands and when it is tried again', () => {
  expect(queueWords(decision, now)).toBe('Tried 3 times, last 8 s ago.');
  expect(queueWords({ ...decision, queue: { ...place, state: 'blocked', nextTryAt: now + 60_000 } }, now)).toBe(
    'Tried 3 times, last 8 s ago; 2 of 14 in the queue. Tried again as soon as a node changes or a pod leaves, else in 1 min.',
  );
  expect(
    queueWords({ ...decision, attempts: 1, queue: { ...place, state: 'backoff', nextTryAt: now + 4000 } }, now),
  ).toBe('Tried once, last 8 s ago; 2 of 14 in the queue, tried again in 4 s.');
});

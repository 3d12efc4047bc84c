import { FakeClock } from '@gantry/core/testing';
import { expect, it } from 'vitest';
import { StreamSessions } from './stream-sessions.ts';

const hour = 60 * 60 * 1000;

function stillStream() {
  const over = new AbortController();
  const channel = () => {
    throw new Error('nobody reads');
  };
  return { channel, signal: over.signal, transferredBytes: 0, over };
}

it('lets in a thousand sessions, and another when one has gone', () => {
  const sessions = new StreamSessions(new FakeClock());
  const leave = Array.from({ length: 1_000 }, () => sessions.enter());
  expect(() => sessions.enter()).toThrow('try again later');
  // Leaving twice gives one place back.
  leave[0]?.();
  leave[0]?.();
  sessions.enter();
  expect(() => sessions.enter()).toThrow('try again later');
});

it('gives up a stream on which nothing has moved for four hours, and none that moves or is over', () => {
  const clock = new FakeClock();
  const sessions = new StreamSessions(clock);
  const [still, moving, over] = [stillStream(), stillStream(), stillStream()];
  const idle: string[] = [];
  sessions.watchIdle(still, () => idle.push('still'));
  sessions.watchIdle(moving, () => idle.push('moving'));
  sessions.watchIdle(over, () => idle.push('over'));
  over.over.abort();
  for (let hours = 0; hours < 3; hours += 1) {
    moving.transferredBytes += 1;
    clock.advance(hour);
  }
  expect(idle).toEqual([]);
  moving.transferredBytes += 1;
  clock.advance(2 * hour);
  expect(idle).toEqual(['still']);
  clock.advance(4 * hour);
  expect(idle).toEqual(['still', 'moving']);
});

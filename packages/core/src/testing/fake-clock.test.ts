import { expect, it } from 'vitest';
import { FakeClock } from './fake-clock.ts';

it('runs timers at their own time and in their order', () => {
  const clock = new FakeClock(0);
  const ran: string[] = [];
  clock.setTimer(() => ran.push(`b@${clock.now()}`), 20);
  clock.setTimer(() => ran.push(`a@${clock.now()}`), 10);
  clock.setTimer(() => clock.setTimer(() => ran.push(`c@${clock.now()}`), 5), 10);
  clock.advance(15);
  expect(ran).toEqual(['a@10', 'c@15']);
  clock.advance(100);
  expect(ran).toEqual(['a@10', 'c@15', 'b@20']);
  expect(clock.now()).toBe(115);
});

it('never runs a cancelled timer', () => {
  const clock = new FakeClock(0);
  let ran = false;
  clock.setTimer(() => {
    ran = true;
  }, 10)();
  clock.advance(20);
  expect(ran).toBe(false);
  expect(clock.pendingTimers).toBe(0);
});

it('runs what fell due in a stall late', () => {
  const clock = new FakeClock(0);
  const ran: number[] = [];
  clock.setTimer(() => ran.push(clock.now()), 10);
  clock.stall(5000);
  expect(ran).toEqual([5000]);
});

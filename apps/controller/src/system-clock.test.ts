import { expect, it } from 'vitest';
import { systemClock } from './system-clock.ts';

it('does not fire timers early that are longer than the runtime can wait in one go', async () => {
  let fired = 0;
  const cancel = systemClock.setTimer(() => {
    fired += 1;
  }, 2 ** 31);
  // setTimeout would make 1 ms of it.
  await new Promise((resolve) => setTimeout(resolve, 20));
  cancel();
  expect(fired).toBe(0);
});

import type { Clock } from '@gantry/core';

/** setTimeout makes 1 ms of anything longer, and users may ask for more: tolerations, deadlines, watch timeouts. */
const maxDelayMs = 2 ** 31 - 1;

/** The wall clock. Its timers keep the process alive: what sets one must cancel it when it stops. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer: (callback, delayMs) => {
    let timer = wait(delayMs);
    function wait(leftMs: number): NodeJS.Timeout {
      if (!(leftMs > maxDelayMs)) return setTimeout(callback, leftMs);
      return setTimeout(() => {
        timer = wait(leftMs - maxDelayMs);
      }, maxDelayMs);
    }
    return () => clearTimeout(timer);
  },
};

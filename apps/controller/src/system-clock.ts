import type { Clock } from '@gantry/core';

/** The wall clock. Its timers keep the process alive: what sets one must cancel it when it stops. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer: (callback, delayMs) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

import { FakeClock } from '@gantry/core/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TimerHeap } from './timer-heap.ts';

it('calls back in the order of time, with one timer of the clock', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 60 }), (delays) => {
      const clock = new FakeClock(0);
      const heap = new TimerHeap(clock);
      const fired: number[] = [];
      for (const delay of delays) heap.add(delay, () => fired.push(delay));
      expect(clock.pendingTimers).toBe(delays.length > 0 ? 1 : 0);
      for (let now = 0; now <= 1000; now += 100) {
        clock.advance(now - clock.now());
        expect(fired).toEqual(delays.filter((delay) => delay <= now).toSorted((a, b) => a - b));
      }
      expect(clock.pendingTimers).toBe(0);
    }),
  );
});

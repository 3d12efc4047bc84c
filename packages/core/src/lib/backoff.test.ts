import { expect, it } from 'vitest';
import { backoffDelayMs } from './backoff.ts';

it('doubles from the base up to the cap', () => {
  const delays = [0, 1, 2, 3, 4, 500, 5000].map((retries) => backoffDelayMs(retries, { baseMs: 5, maxMs: 60 }));
  expect(delays).toEqual([5, 10, 20, 40, 60, 60, 60]);
});

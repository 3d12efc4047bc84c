import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

it('gives its burst at once and then refills', () => {
  const bucket = new TokenBucket({ burst: 2, perSecond: 10, nowMs: 0 });
  expect([bucket.tryTake(0), bucket.tryTake(0), bucket.tryTake(0)]).toEqual([true, true, false]);
  expect(bucket.waitMs(0)).toBe(100);
  expect(bucket.tryTake(99)).toBe(false);
  expect(bucket.tryTake(100)).toBe(true);
});

it('never gives more than burst plus rate times time', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(300), { maxLength: 200 }), (gaps) => {
      const bucket = new TokenBucket({ burst: 5, perSecond: 20, nowMs: 0 });
      let nowMs = 0;
      let taken = 0;
      for (const gap of gaps) {
        nowMs += gap;
        if (bucket.tryTake(nowMs)) taken += 1;
      }
      expect(taken).toBeLessThanOrEqual(5 + (20 * nowMs) / 1000 + 1e-6);
    }),
  );
});

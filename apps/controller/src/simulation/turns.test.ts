import { FakeClock } from '@gantry/core/testing';
import { expect, it } from 'vitest';
import { runInTurns } from './turns.ts';

/** Each step takes this long. */
function* work(clock: FakeClock, steps: number, stepMs: number): Generator<void, string> {
  for (let step = 0; step < steps; step += 1) {
    clock.advance(stepMs);
    yield;
  }
  return 'done';
}

it('lets other work have its turn every few milliseconds', async () => {
  const clock = new FakeClock();
  let turns = 0;
  const defer = (callback: () => void) => {
    turns += 1;
    queueMicrotask(callback);
  };
  const { result, durationMs } = await runInTurns(work(clock, 20, 2), { clock, defer });
  expect(result).toBe('done');
  expect(durationMs).toBe(40);
  expect(turns).toBe(10);
});

it('passes on what the work throws', async () => {
  // biome-ignore lint/correctness/useYield: it fails before there is anything to wait for
  const failing = (function* (): Generator<void, string> {
    throw new Error('no such node');
  })();
  await expect(runInTurns(failing, { clock: new FakeClock() })).rejects.toThrow('no such node');
});

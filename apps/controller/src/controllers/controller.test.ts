import { ApiError } from '@gantry/api-types';
import type { Logger } from '@gantry/core';
import { FakeClock } from '@gantry/core/testing';
import { expect, it } from 'vitest';
import { type ControllerDefinition, type KeyQueue, startController } from './controller.ts';
import { FakeCluster } from './testing/fake-cluster.ts';

function setUp(reconcile: ControllerDefinition['reconcile'], workers = 1) {
  const clock = new FakeClock();
  const errors: object[] = [];
  const logger: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (fields) => errors.push(fields),
    child: () => logger,
  };
  const queues: KeyQueue[] = [];
  const definition = {
    name: 'test',
    workers,
    reconcile,
    watch(given: KeyQueue) {
      queues.push(given);
      return [];
    },
  };
  const { informers } = new FakeCluster(clock);
  const counted = { depth: () => 0, added: 0, passes: 0, failures: 0 };
  const instruments = {
    queue(_name: string, depth: () => number) {
      counted.depth = depth;
      return {
        added: () => {
          counted.added += 1;
        },
        worked: (_seconds: number, isFailure: boolean) => {
          counted.passes += 1;
          if (isFailure) counted.failures += 1;
        },
      };
    },
  };
  const running = startController(definition, { informers, clock, logger, instruments });
  const add = (key: string) => queues[0]?.add(key);
  return { clock, errors, running, add, counted };
}

it('retries a failing key with growing delays, and logs the reason once', async () => {
  const attempts: number[] = [];
  const { clock, errors, running, add } = setUp(async () => {
    attempts.push(clock.now());
    if (attempts.length < 6) throw new Error('no');
    return undefined;
  });
  await clock.advanceAsync(0);
  add('a');
  await clock.advanceAsync(60_000);
  const gaps = attempts.slice(1).map((at, index) => at - (attempts[index] ?? 0));
  expect(gaps).toEqual([5, 10, 20, 40, 80]);
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatchObject({ key: 'a', attempt: 1 });
  await running.stop();
});

it('says nothing of races that are won the next time', async () => {
  let attempts = 0;
  const { clock, errors, running, add } = setUp(async () => {
    attempts += 1;
    if (attempts < 3) throw new ApiError('Conflict', 'modified');
    return undefined;
  });
  await clock.advanceAsync(0);
  add('a');
  await clock.advanceAsync(1_000);
  expect(attempts).toBe(3);
  expect(errors).toEqual([]);
  await running.stop();
});

it('comes back to a key when it asked to', async () => {
  let passes = 0;
  const { clock, running, add } = setUp(async () => {
    passes += 1;
    return passes === 1 ? { requeueAfterMs: 10_000 } : undefined;
  });
  await clock.advanceAsync(0);
  add('a');
  await clock.advanceAsync(9_000);
  expect(passes).toBe(1);
  await clock.advanceAsync(60_000);
  expect(passes).toBe(2);
  await running.stop();
});

it('stops once the passes under way are over, and starts no other', async () => {
  const started: string[] = [];
  const finish: (() => void)[] = [];
  const { clock, running, add } = setUp((key) => {
    started.push(key);
    return new Promise((resolve) => finish.push(() => resolve(undefined)));
  }, 2);
  await clock.advanceAsync(0);
  for (const key of ['a', 'b', 'c']) add(key);
  await clock.advanceAsync(0);
  let isStopped = false;
  const stopped = running.stop().then(() => {
    isStopped = true;
  });
  await clock.advanceAsync(0);
  expect(isStopped).toBe(false);
  for (const end of finish) end();
  await stopped;
  expect(started).toEqual(['a', 'b']);
});

it('lets time pass between the passes of a controller that asks to be called at once', async () => {
  let passes = 0;
  const { clock, running, add } = setUp(async () => {
    passes += 1;
    return { requeueAfterMs: -1 };
  });
  await clock.advanceAsync(0);
  add('a');
  await clock.advanceAsync(0);
  expect(passes).toBe(1);
  await clock.advanceAsync(5);
  expect(passes).toBeLessThanOrEqual(6);
  await running.stop();
});

it('counts what is added, what waits, and passes with those that failed', async () => {
  let release: () => void = () => undefined;
  const { clock, running, add, counted } = setUp(async (key) => {
    if (key === 'slow') {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    }
    if (key === 'bad' && counted.failures === 0) throw new Error('no');
    return undefined;
  });
  await clock.advanceAsync(0);
  for (const key of ['slow', 'bad', 'good']) add(key);
  await clock.advanceAsync(0);
  expect(counted.depth()).toBe(2);
  release();
  await clock.advanceAsync(1_000);
  expect(counted).toMatchObject({ added: 3, passes: 4, failures: 1 });
  expect(counted.depth()).toBe(0);
  await running.stop();
});

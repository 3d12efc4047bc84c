import { FakeClock } from '@gantry/core/testing';
import { expect, it } from 'vitest';
import { RuntimeError } from '../runtime/container-runtime.ts';
import { FakeRuntime } from '../runtime/fake-runtime.ts';
import { quietLogger } from '../testing/quiet-logger.ts';
import { EngineWatch } from './engine-watch.ts';

const relistMs = 30_000;

/** Lets what is under way go on until nothing but time is missing. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

it('says that an engine cannot be reached which keeps its connections and answers nothing, until it does again', async () => {
  const clock = new FakeClock();
  const runtime = new FakeRuntime(clock);
  let isSilent = false;
  const list = runtime.listContainers.bind(runtime);
  runtime.listContainers = async (labels) => {
    if (isSilent) throw new RuntimeError('timeout', 'the engine did not answer GET /containers/json in 60000 ms');
    return list(labels);
  };
  const watch = new EngineWatch({
    runtime,
    clock,
    logger: quietLogger(),
    labels: {},
    relistMs,
    onEvent: () => undefined,
    onImages: () => undefined,
    onList: async () => undefined,
  });
  await watch.start();
  expect(watch.isConnected).toBe(true);
  isSilent = true;
  clock.advance(relistMs);
  await settled();
  expect(watch.isConnected).toBe(false);
  isSilent = false;
  // Long before the next list of a healthy engine is due.
  clock.advance(relistMs / 10);
  await settled();
  expect(watch.isConnected).toBe(true);
  await watch.stop();
});

it('takes an engine for reachable although something else failed once its containers were listed', async () => {
  const clock = new FakeClock();
  let isBroken = false;
  const watch = new EngineWatch({
    runtime: new FakeRuntime(clock),
    clock,
    logger: quietLogger(),
    labels: {},
    relistMs,
    onEvent: () => undefined,
    onImages: () => undefined,
    onList: async () => {
      if (isBroken) throw new Error('a link cannot be made');
    },
  });
  await watch.start();
  isBroken = true;
  clock.advance(relistMs);
  await settled();
  expect(watch.isConnected).toBe(true);
  await watch.stop();
});

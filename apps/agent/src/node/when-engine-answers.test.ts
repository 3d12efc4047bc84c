import { FakeClock } from '@gantry/core/testing';
import { expect, it } from 'vitest';
import { RuntimeError } from '../runtime/container-runtime.ts';
import { FakeRuntime } from '../runtime/fake-runtime.ts';
import { quietLogger } from '../testing/quiet-logger.ts';
import { whenEngineAnswers } from './when-engine-answers.ts';

it('waits for an engine that starts later', async () => {
  const clock = new FakeClock();
  const runtime = new FakeRuntime(clock);
  runtime.isDown = true;
  const answer = whenEngineAnswers(() => runtime.info(), { clock, logger: quietLogger() });
  for (let seconds = 0; seconds < 90; seconds += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(1_000);
  }
  runtime.isDown = false;
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(1_000);
  expect((await answer).id).toBe('fake');
});

it('does not ask an engine again that refuses', async () => {
  const refusal = new RuntimeError('refused', 'client version 1.41 is too new');
  const answer = whenEngineAnswers(() => Promise.reject(refusal), { clock: new FakeClock(), logger: quietLogger() });
  await expect(answer).rejects.toBe(refusal);
});

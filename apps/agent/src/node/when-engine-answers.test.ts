import { FakeClock } from '@gantry/core/testing';
import { expect, it } from 'vitest';
import { RuntimeError } from '../runtime/container-runtime.ts';
import { FakeRuntime } from '../runtime/fake-runtime.ts';
import { quietLogger } from '../testing/quiet-logger.ts';
import { whenEngineAnswers } from './when-engine-answers.ts';

it('waits for an engine that starts later', async () => {
  const runtime = new FakeRuntime(new FakeClock());
  let pauses = 0;
  runtime.isDown = true;
  const pause = async () => {
    pauses += 1;
    runtime.isDown = pauses < 90;
  };
  const { id } = await whenEngineAnswers(() => runtime.info(), { pause, logger: quietLogger() });
  expect([id, pauses]).toEqual(['fake', 90]);
});

it('does not ask an engine again that refuses', async () => {
  const refusal = new RuntimeError('refused', 'client version 1.41 is too new');
  const answer = whenEngineAnswers(() => Promise.reject(refusal), {
    pause: async () => undefined,
    logger: quietLogger(),
  });
  await expect(answer).rejects.toBe(refusal);
});

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ApiRefusal } from '../api/refusal.ts';
import { DrainRun } from './drain-run.ts';

const pods = ['a', 'b', 'c'].map((name) => ({ key: `default/${name}`, uid: `uid-${name}` }));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('cordons first, evicts, and asks again for what a budget holds until it lets go', async () => {
  const calls: string[] = [];
  let isHeld = true;
  const run = new DrainRun({
    pods,
    cordon: async () => void calls.push('cordon'),
    evict: async ({ key }) => {
      calls.push(key);
      if (key === 'default/b' && isHeld) throw held('needs 3 healthy pods and has 3 currently');
    },
    onChange: () => {},
  });
  await run.start();
  expect(calls).toEqual(['cordon', 'default/a', 'default/b', 'default/c']);
  expect(run.progress.map(({ state }) => state)).toEqual(['leaving', 'held', 'leaving']);
  expect(run.progress[1]?.message).toBe('needs 3 healthy pods and has 3 currently');
  isHeld = false;
  await vi.advanceTimersByTimeAsync(2_000);
  expect(run.isDone).toBe(true);
  expect(calls.slice(4)).toEqual(['default/b']);
});

it('takes a pod that is gone for done, gives up what is forbidden, and stops when told', async () => {
  const answers = [new ApiRefusal(404, 'NotFound', 'gone'), new ApiRefusal(403, 'Forbidden', 'no'), held('not now')];
  let attempts = 0;
  const run = new DrainRun({
    pods,
    cordon: async () => {},
    evict: async ({ key }) => {
      attempts++;
      throw answers[pods.findIndex((pod) => pod.key === key)];
    },
    onChange: () => {},
  });
  await run.start();
  expect(run.progress.map(({ state }) => state)).toEqual(['leaving', 'failed', 'held']);
  run.stop();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(attempts).toBe(3);
});

it('evicts nothing where the node cannot be cordoned', async () => {
  const run = new DrainRun({
    pods,
    cordon: () => Promise.reject(new Error('no answer')),
    evict: () => Promise.reject(new Error('evicted')),
    onChange: () => {},
  });
  await run.start();
  expect([run.error, run.isStopped]).toEqual(['no answer', true]);
  expect(run.progress.every(({ state }) => state === 'waiting')).toBe(true);
});

function held(message: string): ApiRefusal {
  return new ApiRefusal(429, 'TooManyRequests', 'Cannot evict pod', [{ reason: 'DisruptionBudget', message }]);
}

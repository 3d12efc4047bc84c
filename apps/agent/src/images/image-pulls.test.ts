import { queryObjects } from 'node:v8';
import { FakeClock } from '@gantry/core/testing';
import { expect, it } from 'vitest';
import { RuntimeError } from '../runtime/container-runtime.ts';
import { FakeRuntime } from '../runtime/fake-runtime.ts';
import { ImagePulls } from './image-pulls.ts';

function setUp() {
  const clock = new FakeClock();
  const runtime = new FakeRuntime(clock);
  const pulled: string[] = [];
  const onPulled = (reference: string, id: string) => pulled.push(`${reference} ${id}`);
  const pulls = new ImagePulls({ runtime, clock, parallelPulls: 3, idleTimeoutMs: 60_000, onPulled });
  const pull = (reference: string, ...passwords: string[]) =>
    pulls.pull({
      reference,
      credentials: passwords.map((password) => ({ username: 'ann', password, serverAddress: 'r' })),
      onProgress: () => undefined,
    });
  return { runtime, clock, pulled, pull };
}

it('pulls a few images at a time', async () => {
  const { runtime, pull } = setUp();
  const gate = Promise.withResolvers<void>();
  runtime.registry.gate = gate.promise;
  const names = Array.from({ length: 8 }, (_, index) => `r/image:${index}`);
  for (const name of names) runtime.registry.put(name, {});
  const all = Promise.all(names.map((name) => pull(name)));
  await expect.poll(() => runtime.registry.pulls).toBe(3);
  gate.resolve();
  await all;
  expect(runtime.registry.pulls).toBe(8);
});

it('tries one credential after another until the registry agrees', async () => {
  const { runtime, pull } = setUp();
  runtime.registry.put('r/private:1', {}, 'right');
  await pull('r/private:1', 'wrong', 'old', 'right', 'unused');
  expect(runtime.registry.pulls).toBe(3);
});

it('says every different refusal', async () => {
  const { runtime, pull } = setUp();
  const answers = ['denied', 'unauthorized'];
  runtime.registry.onPull = (reference) =>
    runtime.registry.put(reference, new RuntimeError('pullRefused', answers.shift() ?? 'no'));
  runtime.registry.put('r/private:1', {}, 'right');
  await expect(pull('r/private:1', 'a', 'b')).rejects.toThrow('[denied, unauthorized]');
});

it('asks a registry that does not answer once, not once for every credential', async () => {
  const { runtime, pull, clock } = setUp();
  await expect(pull('r/none:1', 'a', 'b', 'c')).rejects.toMatchObject({ code: 'registryUnreachable' });
  await expect(pull('r/none:1', 'a', 'b', 'c')).rejects.toMatchObject({ code: 'registryUnreachable' });
  expect(runtime.registry.pulls).toBe(1);
  clock.advance(10_000);
  await expect(pull('r/none:1', 'a', 'b', 'c')).rejects.toMatchObject({ code: 'registryUnreachable' });
  expect(runtime.registry.pulls).toBe(2);
});

it('lets who knows the password not pull for who does not', async () => {
  const { runtime, pull } = setUp();
  const gate = Promise.withResolvers<void>();
  runtime.registry.gate = gate.promise;
  runtime.registry.put('r/private:1', {}, 'right');
  const results = Promise.allSettled([
    pull('r/private:1', 'right'),
    pull('r/private:1', 'wrong'),
    pull('r/private:1', 'right'),
  ]);
  await expect.poll(() => runtime.registry.pulls).toBe(2);
  gate.resolve();
  expect((await results).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

it('notes what a pull brought, not what was there before', async () => {
  const { runtime, pull, pulled } = setUp();
  runtime.addImage('r/mine:1', { id: 'sha256:mine' });
  runtime.addImage('r/old:1', { id: 'sha256:old' });
  runtime.registry.put('r/mine:1', { id: 'sha256:mine' });
  runtime.registry.put('r/old:1', { id: 'sha256:new' });
  runtime.registry.put('r/other:1', { id: 'sha256:other' });
  for (const name of ['r/mine:1', 'r/old:1', 'r/other:1']) await pull(name);
  expect(pulled).toEqual(['r/old:1 sha256:new', 'r/other:1 sha256:other']);
});

it('does not remember for ever which images could not be had', async () => {
  const { pull, clock } = setUp();
  for (let index = 0; index < 100; index += 1) {
    await pull(`r/none:${index}`).catch(() => undefined);
    clock.advance(10_000);
  }
  expect(queryObjects(RuntimeError, { format: 'count' })).toBeLessThan(20);
  await expect(pull('r/none:99')).rejects.toMatchObject({ code: 'registryUnreachable' });
});

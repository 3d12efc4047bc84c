import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Pod } from '@gantry/api-types';
import { FakeClock } from '@gantry/core/testing';
import { expect, it } from 'vitest';
import { type ContainerRuntime, RuntimeError } from '../runtime/container-runtime.ts';
import { FakeRuntime } from '../runtime/fake-runtime.ts';
import { podOfSeveral, podWithInit } from '../testing/eventful-pods.ts';
import { fakeImage } from '../testing/fake-node.ts';
import { FakeNodeApi } from '../testing/fake-node-api.ts';
import { quietLogger } from '../testing/quiet-logger.ts';
import { startPodManager } from './pod-manager.ts';

const faults = [
  'is away for a while',
  'starts anew and ends its containers',
  'does not answer',
  'does what it is told and does not answer',
  'loses a container',
] as const;
type Fault = (typeof faults)[number];

const awayMs = 20_000;

/** An engine to which the fault happens at one call; {@link arm} says at the how manieth from then on. */
class FaultyEngine {
  readonly runtime: ContainerRuntime;
  readonly #fake: FakeRuntime;
  readonly #clock: FakeClock;
  #left = Number.POSITIVE_INFINITY;
  #fault: Fault = 'does not answer';

  constructor(fake: FakeRuntime, clock: FakeClock) {
    this.#fake = fake;
    this.#clock = clock;
    this.runtime = new Proxy(fake, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]) => {
          this.#left -= 1;
          const call = async () => (await Reflect.apply(member, target, args)) as unknown;
          return this.#left === -1 ? this.#strike(call) : call();
        };
      },
    });
  }

  arm(fault: Fault, calls: number): void {
    this.#fault = fault;
    this.#left = calls;
  }

  async #strike(call: () => Promise<unknown>): Promise<unknown> {
    switch (this.#fault) {
      case 'is away for a while':
        this.#goAway();
        return call();
      case 'starts anew and ends its containers':
        this.#goAway();
        for (const { details } of this.#fake.containers()) this.#fake.exit(details.id, 137);
        return call();
      case 'does not answer':
        throw new RuntimeError('timeout', 'the engine did not answer');
      case 'does what it is told and does not answer':
        await call().catch(() => undefined);
        throw new RuntimeError('timeout', 'the engine did not answer');
      case 'loses a container': {
        const answer = await call();
        const newest = this.#fake.containers().at(-1);
        if (newest) await this.#fake.removeContainer(newest.details.id);
        return answer;
      }
    }
  }

  #goAway(): void {
    this.#fake.goDown();
    this.#clock.setTimer(() => {
      this.#fake.isDown = false;
    }, awayMs);
  }
}

interface World {
  readonly api: FakeNodeApi;
  readonly fake: FakeRuntime;
  readonly engine: FaultyEngine;
  readonly dataDir: string;
  readonly pods: readonly Pod[];
  /** Lets time pass until it holds. */
  until(what: string, predicate: () => boolean): Promise<void>;
}

async function withWorld(run: (world: World) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gantry-engine-faults-'));
  const clock = new FakeClock();
  const fake = new FakeRuntime(clock);
  fake.addImage(fakeImage);
  const api = new FakeNodeApi();
  const engine = new FaultyEngine(fake, clock);
  const place = { nodeName: 'n', cluster: 'c', podCidr: '10.0.1.0/24', dataDir, clock };
  // Of this machine's memory, which is not the fake's.
  const options = { hostIp: '192.0.2.1', evictionThresholds: [] };
  const manager = await startPodManager({ ...place, api, runtime: engine.runtime, logger: quietLogger(), options });
  const until = async (what: string, predicate: () => boolean) => {
    const deadline = Date.now() + 20_000;
    for (let turn = 0; !predicate(); turn += 1) {
      if (Date.now() > deadline) return api.until(what, predicate, 0);
      // Files are written between two steps: they take real time.
      await setImmediate();
      if (turn % 20 === 19) clock.advance(1_000);
    }
  };
  try {
    await run({ api, fake, engine, dataDir, until, pods: [podWithInit(), podOfSeveral()] });
  } finally {
    await manager.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** The running containers by pod and name. */
function running(fake: FakeRuntime): string[] {
  return fake
    .containers()
    .filter(({ details }) => details.state === 'running')
    .map(({ spec: { labels } }) => `${labels['io.gantry.pod.name']}/${labels['io.gantry.container']}`)
    .toSorted((a, b) => (a < b ? -1 : 1));
}

const allRunning = ['several/POD', 'several/a', 'several/b', 'several/side', 'with-init/main'];

function isAsDeclared({ api, fake, pods }: World): boolean {
  const areReady = pods.every(({ metadata: { uid } }) => {
    const { containerStatuses = [{ ready: false }] } = api.status(uid) ?? {};
    return containerStatuses.every(({ ready }) => ready);
  });
  return areReady && running(fake).join() === allRunning.join();
}

const cases = faults.flatMap((fault) => Array.from({ length: 40 }, (_, calls) => [fault, calls] as const));

it.each(cases)('runs every pod once although the engine %s at call %i', async (fault, calls) => {
  await withWorld(async (world) => {
    const { api, fake, engine, pods, until } = world;
    engine.arm(fault, calls);
    for (const pod of pods) api.putPod(pod);
    await until('all run', () => isAsDeclared(world));
    const joined = fake.containers().flatMap(({ spec, details }) => {
      return spec.network.type === 'container' && details.state === 'running' ? [spec.network.id] : [];
    });
    const pause = fake.containers().find(({ spec, details }) => {
      return spec.labels['io.gantry.type'] === 'sandbox' && details.state === 'running';
    });
    expect(joined).toEqual(Array(3).fill(pause?.details.id));
    for (const pod of pods) api.deletePod(pod.metadata.uid, 1);
    await until('all are gone', () => api.pods().size === 0);
    expect(fake.containers()).toEqual([]);
  });
});

it.each(cases)('leaves nothing of deleted pods although the engine %s at call %i', async (fault, calls) => {
  await withWorld(async (world) => {
    const { api, fake, engine, pods, dataDir, until } = world;
    for (const pod of pods) api.putPod(pod);
    await until('all run', () => isAsDeclared(world));
    engine.arm(fault, calls);
    for (const pod of pods) api.deletePod(pod.metadata.uid, 30);
    await until('all are gone', () => api.pods().size === 0);
    expect(fake.containers()).toEqual([]);
    expect(await readdir(join(dataDir, 'pods')).catch(() => [])).toEqual([]);
  });
});

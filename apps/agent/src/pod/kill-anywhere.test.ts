import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pod } from '@gantry/api-types';
import { FakeClock } from '@gantry/core/testing';
import { expect, it } from 'vitest';
import type { ContainerRuntime } from '../runtime/container-runtime.ts';
import { FakeRuntime } from '../runtime/fake-runtime.ts';
import { podOfSeveral, podWithInit } from '../testing/eventful-pods.ts';
import { fakeImage } from '../testing/fake-node.ts';
import { FakeNodeApi } from '../testing/fake-node-api.ts';
import { makePod } from '../testing/make-pod.ts';
import { quietLogger } from '../testing/quiet-logger.ts';
import { startPodManager } from './pod-manager.ts';

interface Life {
  readonly api: FakeNodeApi;
  readonly engine: Mortal;
}

interface World {
  readonly runtime: FakeRuntime;
  readonly clock: FakeClock;
  readonly dataDir: string;
  readonly pods: Map<string, Pod>;
}

interface Mortal {
  readonly runtime: ContainerRuntime;
  kill(): void;
  isKilled(): boolean;
}

/**
 * An engine that serves so many calls of this agent and none after: to the engine, that is an agent whose process was
 * killed, before or after the last call took effect.
 */
function mortal(runtime: FakeRuntime, calls: number, takesEffect: boolean): Mortal {
  let left = calls;
  const never = new Promise<never>(() => undefined);
  const proxy = new Proxy(runtime, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        if (left < 0) return never;
        left -= 1;
        if (left >= 0) return Reflect.apply(member, target, args) as unknown;
        if (takesEffect) void Promise.resolve(Reflect.apply(member, target, args)).catch(() => undefined);
        return never;
      };
    },
  });
  const kill = () => {
    left = -1;
  };
  return { runtime: proxy, kill, isKilled: () => left < 0 };
}

const shell = (script: string) => ['/bin/sh', '-c', script];

function somePods(): Pod[] {
  return [
    makePod({ name: 'plain' }),
    podWithInit(),
    podOfSeveral(),
    makePod({ name: 'once', container: { command: shell('exit 0') }, spec: { restartPolicy: 'Never' } }),
  ];
}

/** One life of an agent that is killed at its `calls`-th engine call; the engine, the disk and the API's pods live on. */
async function live(world: World, calls: number, takesEffect: boolean): Promise<Life> {
  const api = new FakeNodeApi();
  for (const pod of world.pods.values()) api.putPod(pod);
  const engine = mortal(world.runtime, calls, takesEffect);
  const { clock, dataDir } = world;
  const settings = {
    api,
    runtime: engine.runtime,
    nodeName: 'n',
    cluster: 'c',
    podCidr: '10.0.1.0/24',
    dataDir,
    clock,
  };
  void startPodManager({ ...settings, logger: quietLogger(), options: { hostIp: '192.0.2.1' } });
  return { api, engine };
}

const isSettled = (api: FakeNodeApi, uid: string) => {
  const status = api.status(uid) ?? api.pods().get(uid)?.status;
  return status?.phase === 'Succeeded' || (status?.containerStatuses ?? [{ ready: false }]).every(({ ready }) => ready);
};

/** What the controller remembers of a life: the last reported statuses. */
function remember(world: { pods: Map<string, Pod> }, api: FakeNodeApi): void {
  for (const [uid, pod] of world.pods) world.pods.set(uid, { ...pod, status: api.status(uid) ?? pod.status });
}

async function withWorld(run: (world: World) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gantry-kill-'));
  const clock = new FakeClock();
  const runtime = new FakeRuntime(clock);
  runtime.addImage(fakeImage);
  try {
    await run({ runtime, clock, dataDir, pods: new Map(somePods().map((pod) => [pod.metadata.uid, pod])) });
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

const lives = Array.from({ length: 38 }, (_, calls) => calls).flatMap((calls) => [
  [calls, true],
  [calls, false],
]) as [number, boolean][];

it.each(lives)(
  'doubles and loses nothing when killed at engine call %i (which took effect: %s)',
  async (calls, effect) => {
    await withWorld(async (world) => {
      const first = await live(world, calls, effect);
      const uids = [...world.pods.keys()];
      await first.api.until(
        'it was killed or done',
        () => first.engine.isKilled() || uids.every((uid) => isSettled(first.api, uid)),
        20_000,
      );
      remember(world, first.api);

      const second = await live(world, Number.POSITIVE_INFINITY, true);
      await second.api.until('all settle', () => uids.every((uid) => isSettled(second.api, uid)), 20_000);
      const running = world.runtime.containers().filter(({ details }) => details.state === 'running');
      const names = running.map(({ spec }) => spec.labels['io.gantry.pod.name']);
      expect(names.map(String).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
        'plain',
        'several',
        'several',
        'several',
        'several',
        'with-init',
      ]);
      const joined = running.flatMap(({ spec }) => (spec.network.type === 'container' ? [spec.network.id] : []));
      const pause = running.find(({ spec }) => spec.labels['io.gantry.type'] === 'sandbox');
      expect(joined).toEqual(Array(3).fill(pause?.details.id));
      expect(world.runtime.created.filter((name) => name.includes('_once_'))).toHaveLength(1);
      const ips = running.map(({ details }) => details.ip).filter(Boolean);
      expect([ips.length, new Set(ips).size]).toEqual([3, 3]);
    });
  },
);

it.each(lives)(
  'leaves nothing of deleted pods when killed at engine call %i (which took effect: %s)',
  async (calls, effect) => {
    await withWorld(async (world) => {
      const uids = [...world.pods.keys()];
      const first = await live(world, Number.POSITIVE_INFINITY, true);
      await first.api.until('all settle', () => uids.every((uid) => isSettled(first.api, uid)), 20_000);
      remember(world, first.api);
      first.engine.kill();
      const deletionTimestamp = new Date(world.clock.now()).toISOString();
      for (const [uid, pod] of world.pods) {
        const metadata = { ...pod.metadata, deletionTimestamp, deletionGracePeriodSeconds: 1 };
        world.pods.set(uid, { ...pod, metadata });
      }
      const second = await live(world, calls, effect);
      await second.api.until(
        'it was killed or done',
        () => second.engine.isKilled() || second.api.terminated.length === 4,
        20_000,
      );
      for (const uid of second.api.terminated) world.pods.delete(uid);

      const third = await live(world, Number.POSITIVE_INFINITY, true);
      await third.api.until(
        'all are gone',
        () => world.runtime.containers().length === 0 && third.api.pods().size === 0,
        20_000,
      );
      expect(await readdir(join(world.dataDir, 'pods')).catch(() => [])).toEqual([]);
    });
  },
);

it.each(
  Array.from({ length: 14 }, (_, calls) => calls).flatMap(
    (calls) =>
      [
        [calls, true],
        [calls, false],
      ] as const,
  ),
)('finishes a resize when killed at engine call %i of it (which took effect: %s)', async (calls, effect) => {
  await withWorld(async (world) => {
    const resources = (cpu: string) => ({ requests: { cpu }, limits: { cpu } });
    const wanted = ['300m', '50m'];
    const containers = ['a', 'b'].map((name) => ({ name, image: fakeImage, resources: resources('100m') }));
    const pod = makePod({ name: 'resized', spec: { containers } });
    const { uid } = pod.metadata;
    world.pods.clear();
    world.pods.set(uid, pod);
    const first = await live(world, Number.POSITIVE_INFINITY, true);
    await first.api.until('it runs', () => isSettled(first.api, uid), 20_000);
    remember(world, first.api);
    first.engine.kill();

    const resized = containers.map((item, index) => ({ ...item, resources: resources(wanted[index] ?? '') }));
    const known = world.pods.get(uid) ?? pod;
    world.pods.set(uid, {
      ...known,
      metadata: { ...pod.metadata, generation: 2 },
      spec: { ...pod.spec, containers: resized },
    });
    const isDone = (api: FakeNodeApi) => {
      const { containerStatuses = [], observedGeneration } = api.status(uid) ?? {};
      return (
        observedGeneration === 2 &&
        containerStatuses.every(({ resources: shown }, at) => shown?.limits?.cpu === wanted[at])
      );
    };
    const second = await live(world, calls, effect);
    await second.api.until('it was killed or done', () => second.engine.isKilled() || isDone(second.api), 20_000);
    remember(world, second.api);
    second.engine.kill();

    const third = await live(world, Number.POSITIVE_INFINITY, true);
    const quotas = () =>
      world.runtime
        .containers()
        .flatMap(({ details }) => details.resources.cpuQuota ?? [])
        .toSorted((a, b) => a - b);
    await third.api.until('it is resized', () => quotas().join() === '5000,30000', 20_000);
    expect(world.runtime.containers()).toHaveLength(3);
    expect(world.runtime.created).toHaveLength(3);
  });
});

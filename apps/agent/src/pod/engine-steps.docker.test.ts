import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Pod } from '@gantry/api-types';
import { expect, it } from 'vitest';
import { networkNames } from '../network/names.ts';
import { removeNodeResources } from '../node/remove-node-resources.ts';
import { DockerRuntime } from '../runtime/docker-runtime.ts';
import { FakeNodeApi } from '../testing/fake-node-api.ts';
import { type EngineFault, endsAgent, engineFaults, FaultyEngine } from '../testing/faulty-engine.ts';
import { makePod } from '../testing/make-pod.ts';
import { startTestPodManager, type TestPlace } from '../testing/start-test-pod-manager.ts';
import { ensureTestImage, testCluster, testImage } from '../testing/test-engine.ts';
import { isReady } from '../testing/test-node.ts';

const mortalAgent = fileURLToPath(new URL('../testing/mortal-agent.ts', import.meta.url));
/** Each call meets one of the faults, in turn; every one of them where this is set. */
const isThorough = process.env.GANTRY_FAULTS === 'all';
const atATime = 3;

type Phase = 'start' | 'stop';

interface World extends AsyncDisposable {
  readonly api: FakeNodeApi;
  readonly engine: FaultyEngine;
  readonly place: TestPlace;
  readonly pod: Pod;
}

/** With an init container, a hook and a volume of its own file system. */
function somePod(): Pod {
  const volumeMounts = [{ name: 'fast', mountPath: '/fast' }];
  return makePod({
    container: { volumeMounts, lifecycle: { preStop: { exec: { command: ['/bin/true'] } } } },
    spec: {
      initContainers: [{ name: 'init', image: testImage, command: ['/bin/touch', '/fast/prepared'], volumeMounts }],
      volumes: [{ name: 'fast', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } }],
    },
  });
}

async function openWorld(slot: number): Promise<World> {
  const { cluster, dataDir, [Symbol.asyncDispose]: removeAll } = await testCluster();
  const engine = await FaultyEngine.start(cluster);
  return {
    api: new FakeNodeApi(),
    engine,
    place: { socketPath: engine.socketPath, cluster, dataDir, podCidr: `10.251.${10 + slot}.0/24` },
    pod: somePod(),
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      const runtime = new DockerRuntime();
      await removeNodeResources({ runtime, cluster, node: 'node-1', dataDir, graceSeconds: 0 });
      await removeAll();
    },
  };
}

/** The cluster's containers, each as name and state. */
async function containers({ place: { cluster } }: World): Promise<string[]> {
  const all = await new DockerRuntime().listContainers({ 'io.gantry.cluster': cluster });
  return all.map(({ labels, state }) => `${labels['io.gantry.container']} ${state}`);
}

async function expectRunningOnce(world: World): Promise<void> {
  const { api, pod } = world;
  await api.until('it is ready', () => isReady(api.status(pod.metadata.uid)));
  expect((await containers(world)).filter((text) => text.endsWith(' running'))).toEqual(['main running']);
}

async function expectGone(world: World): Promise<void> {
  const { api, pod, place } = world;
  await api.until('it is gone', () => api.terminated.includes(pod.metadata.uid));
  expect(await containers(world)).toEqual([]);
  expect(await readdir(join(place.dataDir, 'pods')).catch(() => [])).toEqual([]);
  const { linkPrefix } = networkNames({ cluster: place.cluster, node: 'node-1' });
  const links = await readdir('/sys/class/net');
  expect(links.filter((name) => name.startsWith(`${linkPrefix}p`))).toEqual([]);
}

const deleted = (pod: Pod): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, deletionTimestamp: new Date().toISOString(), deletionGracePeriodSeconds: 1 },
});

/** Lets an agent of a process of its own do it, and kills that at the call, or when it is done before. */
async function killAgentAt(world: World, pod: Pod, fault: EngineFault, call: number): Promise<void> {
  const { engine, place } = world;
  const struck = engine.arm(fault, call);
  const args = [mortalAgent, JSON.stringify({ place, pod })];
  const agent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(agent, 'close');
  await Promise.race([struck, once(createInterface({ input: agent.stdout }), 'line'), ended]);
  agent.kill('SIGKILL');
  await ended;
  engine.disarm();
}

/** Brings a pod about and to its end while the fault happens at one call; how many calls the phase took. */
async function live(slot: number, phase: Phase, fault: EngineFault, call: number): Promise<number> {
  await using world = await openWorld(slot);
  const { api, engine, place, pod } = world;
  const { uid } = pod.metadata;
  if (phase === 'start' && endsAgent(fault)) await killAgentAt(world, pod, fault, call);
  if (phase === 'start' && !endsAgent(fault)) void engine.arm(fault, call);
  api.putPod(pod);
  let manager = await startTestPodManager(api, place);
  try {
    await expectRunningOnce(world);
    const { calls } = engine;
    engine.disarm();
    if (phase === 'stop' && endsAgent(fault)) {
      await manager.stop();
      await killAgentAt(world, deleted(pod), fault, call);
      manager = await startTestPodManager(api, place);
    } else {
      void engine.arm(fault, phase === 'stop' ? call : Number.POSITIVE_INFINITY);
    }
    api.deletePod(uid, 1);
    await expectGone(world);
    return phase === 'start' ? calls : engine.calls;
  } catch (error) {
    throw new Error(`${phase}, call ${call}: the engine ${fault}`, { cause: error });
  } finally {
    await manager.stop();
  }
}

it.each(['start', 'stop'] as const)(
  'has a pod as declared, once, and nothing of it left, whatever call of its %s goes wrong',
  async (phase) => {
    await ensureTestImage();
    const count = await live(0, phase, 'loses the request', Number.POSITIVE_INFINITY);
    expect(count).toBeGreaterThan(4);
    const cases = Array.from({ length: count }, (_, call) =>
      engineFaults
        .filter((_fault, index) => isThorough || index === call % engineFaults.length)
        .map((fault) => ({ call, fault })),
    ).flat();
    const worker = async (slot: number) => {
      for (let next = cases.shift(); next; next = cases.shift()) await live(slot, phase, next.fault, next.call);
    };
    await Promise.all(Array.from({ length: atATime }, (_, slot) => worker(slot)));
  },
  isThorough ? 1_800_000 : 240_000,
);

import type { NodePool, NodePoolSpec, Pod, Taint } from '@gantry/api-types';
import { makeNode, makePod } from '@gantry/api-types/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApi, type TestApi } from '../api/testing/test-api.ts';
import { type RunningController, startController } from '../controllers/controller.ts';
import { DisruptionController } from '../controllers/disruption-controller.ts';
import { ReplicaSetController, replicaSetKind } from '../controllers/replica-set-controller.ts';
import { DecisionLog } from '../scheduler/decision-log.ts';
import { type Scheduler, startScheduler } from '../scheduler/scheduler.ts';
import { NodePoolController } from './node-pool-controller.ts';
import { FakeProvider } from './testing/fake-provider.ts';

/** The loop over the real API and the real scheduler; only hosts and what runs on them are made up. */

let api: TestApi;
let provider: FakeProvider;
let events: string[];
let running: { stop(): Promise<void> }[];
let scheduler: Scheduler;

beforeEach(async () => {
  api = await createTestApi();
  provider = new FakeProvider();
  events = [];
  running = [];
  const { client, objects: informers, clock } = api;
  scheduler = startScheduler({ client, informers, events: recorder, clock, logger, decisions: new DecisionLog() });
  start(new ReplicaSetController(services(), replicaSetKind));
  start(new DisruptionController(services()));
  startPools();
  await createNode('node-1', '1');
  // What an agent does: its host joins, its Node is Ready.
  provider.onCall = async (call) => {
    const [verb, name = ''] = call.split(' ');
    if (verb === 'create' && !present(name)) await createNode(name, '2');
  };
});

afterEach(async () => {
  for (const one of running) await one.stop();
  await scheduler.stop();
  await api[Symbol.asyncDispose]();
});

const logger = { debug: ignore, info: ignore, warn: ignore, error: ignore, child: () => logger };
const recorder = {
  record: (about: { kind: string }, { reason }: { reason: string }) => {
    events.push(`${about.kind} ${reason}`);
  },
};

function ignore(): void {
  // What is logged is not this test's subject.
}

function services() {
  return { client: api.client, informers: api.objects, clock: api.clock, logger, events: recorder };
}

function start(definition: Parameters<typeof startController>[0]): RunningController {
  const controller = startController(definition, services());
  running.push(controller);
  return controller;
}

/** The pools' loop, which a test may stop and start again. */
function startPools(): { stop(): Promise<void> } {
  const source = () => ({
    snapshot: scheduler.snapshot,
    lister: <R extends Parameters<typeof api.objects.informer>[0]>(resource: R) =>
      api.objects.informer(resource).lister,
  });
  const pools = new NodePoolController(services(), { providers: [provider], source: source as never });
  const controller = start(pools);
  const both = { stop: async () => void (await Promise.all([controller.stop(), pools.stop()])) };
  running.push(both);
  return both;
}

const present = (name: string) => api.objects.informer('nodes').lister.get(name);
const poolNow = () => api.objects.informer('nodepools.gantry.io').lister.get('burst');
const hosts = () => (poolNow()?.status.hosts ?? []).map(({ name, phase }) => `${name} ${phase}`).join(', ');
const condition = (type: string) => poolNow()?.status.conditions?.find((one) => one.type === type)?.reason;
const pods = () => api.objects.informer('pods').lister.list('default');
const waiting = () => pods().filter(({ spec }) => !spec.nodeName).length;

async function createNode(name: string, cpu: string, taints: readonly Taint[] = []): Promise<void> {
  const node = makeNode({ name, cpu });
  const metadata = { name, labels: node.metadata.labels ?? {} };
  const created = await api.client.create('nodes', { ...node, metadata, spec: { taints: [...taints] } });
  const conditions = [{ type: 'Ready', status: 'True' }];
  await api.client.updateStatus('nodes', { ...created, status: { ...node.status, conditions } });
}

async function createPool(spec: Partial<NodePoolSpec> = {}): Promise<void> {
  const body = {
    apiVersion: 'gantry.io/v1',
    kind: 'NodePool',
    metadata: { name: 'burst' },
    spec: {
      maxNodes: 3,
      template: { cpu: '2', memory: '4Gi' },
      scaleUp: { delaySeconds: 1 },
      scaleDown: { afterSeconds: 10 },
      ...spec,
    },
  };
  expect((await api.call<NodePool>('POST', '/apis/gantry.io/v1/nodepools', { body })).code).toBe(201);
}

/** A ReplicaSet of pods of 500m: two fit on node-1, four on a host. */
async function scale(replicas: number): Promise<void> {
  const { spec } = makePod({ cpu: '500m' });
  const selector = { matchLabels: { app: 'web' } };
  const template = { metadata: { labels: { app: 'web' } }, spec };
  const found = api.objects.informer('replicasets.apps').lister.get('default/web');
  if (found) await api.client.update('replicasets.apps', { ...found, spec: { ...found.spec, replicas } });
  else {
    const metadata = { name: 'web', namespace: 'default' };
    const body = { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata, spec: { replicas, selector, template } };
    await api.client.create('replicasets.apps', body as never);
  }
}

/** Lets everything work, a little time passing, until it is as wanted. Bound pods become ready, deleted ones end. */
async function waitFor(description: string, isDone: () => boolean, maxMs = 120_000): Promise<void> {
  const until = api.clock.now() + maxMs;
  while (!isDone()) {
    if (api.clock.now() > until) {
      throw new Error(`${description}: ${hosts()} ${JSON.stringify(poolNow()?.status)} ${provider.calls.join(', ')}`);
    }
    await Promise.all(pods().map(runPod));
    await api.clock.advanceAsync(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function runPod(pod: Pod): Promise<void> {
  const { namespace, name, deletionTimestamp } = pod.metadata;
  if (deletionTimestamp) {
    await api.client.delete('pods', namespace, name, { gracePeriodSeconds: 0 }).catch(() => undefined);
  } else if (pod.spec.nodeName && pod.status.phase === 'Pending') {
    const conditions = [...(pod.status.conditions ?? []), { type: 'Ready', status: 'True' }];
    const status = { ...pod.status, phase: 'Running', conditions };
    await api.client.updateStatus('pods', { ...pod, status }).catch(() => undefined);
  }
}

const sorted = (texts: readonly string[]) => texts.toSorted((a, b) => (a < b ? -1 : 1));
const called = (verb: string) => provider.calls.filter((call) => call.startsWith(verb));

describe('a node pool', () => {
  it('grows by as many hosts as help, and shrinks when they are idle', async () => {
    await createPool();
    await scale(8);
    await waitFor('all pods run', () => pods().length === 8 && waiting() === 0);
    expect(sorted(called('create'))).toEqual(['create burst-1', 'create burst-2']);
    await waitFor('both hosts are at work', () => hosts() === 'burst-1 Ready, burst-2 Ready');
    expect(provider.hosts.get('burst-1')?.labels).toMatchObject({ 'gantry.io/node-pool': 'burst' });
    expect(events).toContain('Pod TriggeredScaleUp');
    await scale(2);
    await waitFor('the pool is empty', () => poolNow()?.status.nodes === 0);
    expect([present('burst-1'), present('burst-2'), provider.hosts.size]).toEqual([undefined, undefined, 0]);
    await waitFor('two pods run', () => pods().length === 2 && waiting() === 0);
    expect(sorted(events.filter((event) => event.startsWith('NodePool')))).toEqual(
      ['HostReady', 'HostReady', 'HostRemoved', 'HostRemoved', 'ScaleDown', 'ScaleDown', 'ScaleUp'].map(
        (reason) => `NodePool ${reason}`,
      ),
    );
  });

  it('counts on a host that is Ready and has not lost its first taint yet', async () => {
    provider.onCall = async (call) => {
      const [verb, name = ''] = call.split(' ');
      if (verb === 'create')
        await createNode(name, '2', [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }]);
    };
    await createPool();
    await scale(6);
    await waitFor('the host is at work', () => hosts() === 'burst-1 Ready');
    await api.clock.advanceAsync(5_000);
    expect(called('create')).toEqual(['create burst-1']);
    const node = await api.client.get('nodes', undefined, 'burst-1');
    await api.client.update('nodes', { ...node, spec: {} });
    await waitFor('all pods run', () => pods().length === 6 && waiting() === 0);
    expect(called('create')).toEqual(['create burst-1']);
  });

  it('starts no host that would help nobody', async () => {
    await createPool({ template: { cpu: '100m', memory: '1Gi' } });
    await scale(4);
    await waitFor('the pool says why', () => condition('ScalingUp') === 'WouldNotHelp');
    expect(called('create')).toEqual([]);
    expect(events).toContain('NodePool NotScaledUp');
  });

  it('keeps its minimum, and no more than its maximum', async () => {
    await createPool({ minNodes: 1, maxNodes: 2 });
    await waitFor('one host', () => hosts() === 'burst-1 Ready');
    await scale(20);
    await waitFor('it is full', () => hosts() === 'burst-1 Ready, burst-2 Ready' && waiting() === 10);
    await waitFor('it says so', () => condition('ScalingUp') === 'AtMaximum');
    await scale(0);
    await waitFor('the minimum is left', () => hosts().endsWith('Ready') && poolNow()?.status.nodes === 1);
    await waitFor('it says so', () => condition('ScalingDown') === 'AtMinimum');
  });

  it('does not take a host whose pods a budget protects', async () => {
    await createPool();
    await scale(6);
    await waitFor('all pods run', () => pods().length === 6 && waiting() === 0 && hosts() === 'burst-1 Ready');
    const spec = { selector: { matchLabels: { app: 'web' } }, maxUnavailable: 0 };
    const metadata = { name: 'all', namespace: 'default' };
    const budget = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec };
    await api.client.create('poddisruptionbudgets.policy', budget as never);
    const budgetNow = () => api.objects.informer('poddisruptionbudgets.policy').lister.get('default/all');
    await waitFor('the budget is known', () => budgetNow()?.status.currentHealthy === 6);
    // From now on all six would find room on node-1.
    const node = await api.client.get('nodes', undefined, 'node-1');
    const allocatable = { ...node.status.allocatable, cpu: '8' };
    await api.client.updateStatus('nodes', { ...node, status: { ...node.status, allocatable } });
    await api.clock.advanceAsync(30_000);
    await waitFor(
      'it is kept',
      () => poolNow()?.status.hosts?.[0]?.message?.includes('The disruption budget all') === true,
    );
    expect(called('delete')).toEqual([]);
  });

  it('goes with its hosts when it is deleted', async () => {
    await createPool({ minNodes: 2 });
    await waitFor('two hosts', () => hosts() === 'burst-1 Ready, burst-2 Ready');
    await api.client.delete('nodepools.gantry.io', undefined, 'burst');
    await waitFor('it is gone', () => poolNow() === undefined);
    expect(provider.hosts.size).toBe(0);
    expect(present('burst-1')).toBeUndefined();
  });
});

describe('a controller that dies', () => {
  it('neither forgets a host that it was making nor makes it twice', async () => {
    await running.at(-1)?.stop();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const before = provider.onCall;
    // The host is there, and the answer never comes.
    provider.onCall = async (call, signal) => {
      await before(call, signal);
      if (call !== 'create burst-1') return;
      provider.hosts.set('burst-1', { name: 'burst-1', pool: 'burst' } as never);
      await Promise.race([held, new Promise((_, reject) => signal.addEventListener('abort', reject))]);
    };
    const first = startPools();
    await createPool();
    await scale(4);
    await waitFor('it is being made', () => called('create').length === 1);
    await first.stop();
    expect(hosts()).toBe('burst-1 Provisioning');
    release();
    startPools();
    await waitFor('it is at work', () => hosts() === 'burst-1 Ready' && waiting() === 0);
    expect(called('create')).toEqual(['create burst-1', 'create burst-1']);
    expect([...provider.hosts.keys()]).toEqual(['burst-1']);
  });

  it('has hosts removed that nobody recorded', async () => {
    await running.at(-1)?.stop();
    for (const name of ['burst-7', 'other-1']) {
      await provider.create({ name, pool: name.slice(0, -2) } as never, new AbortController().signal);
    }
    startPools();
    await createPool();
    await waitFor('they are gone', () => provider.hosts.size === 0);
    expect([present('burst-7'), present('other-1')]).toEqual([undefined, undefined]);
  });
});

describe('a provider that fails', () => {
  it('is asked again later and later, and the pool says what is wrong', async () => {
    provider.onCall = (call) => {
      if (call.startsWith('create')) throw new Error('no engine answers');
    };
    await createPool();
    await scale(4);
    await waitFor('it has failed', () => (poolNow()?.status.failures ?? 0) >= 3);
    expect(poolNow()?.status.conditions).toContainEqual(
      expect.objectContaining({
        type: 'Ready',
        status: 'False',
        message: expect.stringContaining('no engine answers'),
      }),
    );
    const calls = called('create').length;
    await api.clock.advanceAsync(5_000);
    expect(called('create').length).toBe(calls);
    provider.onCall = async (call) => {
      const [verb, name = ''] = call.split(' ');
      if (verb === 'create') await createNode(name, '2');
    };
    await waitFor('it goes on', () => hosts() === 'burst-1 Ready' && condition('Ready') === 'Settled');
  });
});

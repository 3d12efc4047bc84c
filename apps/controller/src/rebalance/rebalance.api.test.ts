import type { Pod, Rebalance, RebalancePlan } from '@gantry/api-types';
import { makeNode } from '@gantry/api-types/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTestApi, deploymentBody, type TestApi, tokens } from '../api/testing/test-api.ts';
import { type RunningController, startController } from '../controllers/controller.ts';
import { DeploymentController } from '../controllers/deployment-controller.ts';
import { DisruptionController } from '../controllers/disruption-controller.ts';
import { ReplicaSetController, replicaSetKind } from '../controllers/replica-set-controller.ts';
import { DecisionLog } from '../scheduler/decision-log.ts';
import { type Scheduler, startScheduler } from '../scheduler/scheduler.ts';
import { rebalanceQuestion } from '../simulation/rebalance-question.ts';
import { createReadSource } from '../simulation/simulation-source.ts';
import { RebalanceController } from './rebalance-controller.ts';

/** Rebalances over the real API, scheduler and workload controllers; only the nodes' agents are played. */

let api: TestApi;
let scheduler: Scheduler;
let running: RunningController[];
/** The fewest ready pods that were seen since the Deployment was up. */
let fewestReady: number;

beforeEach(async () => {
  fewestReady = Number.POSITIVE_INFINITY;
  let read: ReturnType<typeof createReadSource> | undefined;
  api = await createTestApi({
    questions: [rebalanceQuestion({ source: () => read?.(), clock: { now: () => 0, setTimer: () => ignore } })],
  });
  const { client, objects: informers, clock } = api;
  const logger = { debug: ignore, info: ignore, warn: ignore, error: ignore, child: () => logger };
  const services = { client, informers, clock, logger, events: { record: ignore } };
  scheduler = startScheduler({ ...services, decisions: new DecisionLog() });
  const source = createReadSource(() => scheduler, informers);
  read = source;
  running = [
    new DeploymentController(services),
    new ReplicaSetController(services, replicaSetKind),
    new DisruptionController(services),
    new RebalanceController(services, { source }),
  ].map((definition) => startController(definition, services));
});

afterEach(async () => {
  await Promise.all(running.map((controller) => controller.stop()));
  await scheduler.stop();
  await api[Symbol.asyncDispose]();
});

function ignore(): void {
  // What is logged and reported is not this test's subject.
}

async function addNode(name: string): Promise<void> {
  const { status, ...node } = makeNode({ name, cpu: '2', memory: '4Gi' });
  const { labels = {} } = node.metadata;
  await api.client.create('nodes', { ...node, metadata: { name, labels } });
  await api.client.updateStatus('nodes', { ...(await api.client.get('nodes', undefined, name)), status });
}

const allPods = () => api.objects.informer('pods').lister.list('default');
const isReady = (pod: Pod) =>
  pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
const readyPods = () => allPods().filter((pod) => isReady(pod) && !pod.metadata.deletionTimestamp);

/** The agents' part, one round: what is bound gets ready, what is being deleted goes. */
async function playAgents(): Promise<void> {
  for (const pod of allPods()) {
    const { name, deletionTimestamp } = pod.metadata;
    if (deletionTimestamp) await api.client.delete('pods', 'default', name, { gracePeriodSeconds: 0 });
    else if (pod.spec.nodeName && !isReady(pod)) {
      const conditions = [{ type: 'Ready', status: 'True' }];
      await api.client.updateStatus('pods', { ...pod, status: { ...pod.status, phase: 'Running', conditions } });
    }
  }
}

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 400; turn += 1) {
    if (await what()) return;
    await playAgents();
    await api.clock.advanceAsync(100);
    await new Promise((resolve) => setImmediate(resolve));
    if (fewestReady < Number.POSITIVE_INFINITY) fewestReady = Math.min(fewestReady, readyPods().length);
  }
  throw new Error(
    `it did not come to that: ${JSON.stringify(api.objects.informer('rebalances.gantry.io').lister.list()[0]?.status)}`,
  );
}

/** Four replicas on the one node there is, then a second node. */
async function crowd(): Promise<void> {
  await addNode('a');
  const body = deploymentBody('web', 4);
  const [container] = body.spec.template.spec.containers;
  Object.assign(container ?? {}, { resources: { requests: { cpu: '400m', memory: '512Mi' } } });
  await api.call('POST', '/apis/apps/v1/namespaces/default/deployments', { body });
  await api.call('POST', '/apis/policy/v1/namespaces/default/poddisruptionbudgets', {
    body: {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'web' },
      spec: { minAvailable: 3, selector: { matchLabels: { app: 'web' } } },
    },
  });
  await until(() => readyPods().length === 4);
  await addNode('b');
  fewestReady = 4;
}

async function rebalance(spec: Rebalance['spec'] = {}): Promise<void> {
  const body = { apiVersion: 'gantry.io/v1', kind: 'Rebalance', metadata: { name: 'r' }, spec };
  expect((await api.call('POST', '/apis/gantry.io/v1/rebalances', { body })).code).toBe(201);
}

const status = async () => (await api.client.get('rebalances.gantry.io', undefined, 'r')).status;
const nodesOfPods = () =>
  readyPods()
    .map(({ spec }) => spec.nodeName)
    .toSorted();

it('moves pods one by one as its preview said, and never below the budget', async () => {
  await crowd();
  const preview = await api.call<RebalancePlan>('POST', '/apis/gantry.io/v1/rebalanceplans', {
    body: { spec: {} },
    token: tokens.reader,
  });
  expect(preview.body.status?.moves.map(({ from, to }) => `${from}-${to}`)).toEqual(['a-b', 'a-b']);
  await rebalance();
  await until(async () => (await status()).phase === 'Completed');
  expect(await status()).toMatchObject({
    total: 2,
    moved: 2,
    message: '2 of 2 pods moved',
    moves: [
      { state: 'Moved', replacementNode: 'b' },
      { state: 'Moved', replacementNode: 'b' },
    ],
  });
  expect(nodesOfPods()).toEqual(['a', 'a', 'b', 'b']);
  expect(fewestReady).toBeGreaterThanOrEqual(3);
});

it('waits for a budget that allows nothing, and moves nothing more once it is cancelled', async () => {
  await crowd();
  const patch = { spec: { minAvailable: 4 } };
  const budget = '/apis/policy/v1/namespaces/default/poddisruptionbudgets/web';
  await api.call('PATCH', budget, { body: patch, contentType: 'application/merge-patch+json' });
  await rebalance({ emptyNode: 'a' });
  await until(async () => (await status()).moves?.[0]?.state === 'Evicting');
  expect((await status()).message).toContain('its eviction is refused: The disruption budget web needs 4');
  expect((await api.client.get('nodes', undefined, 'a')).spec.unschedulable).toBe(true);
  await api.client.mergePatch('rebalances.gantry.io', undefined, 'r', { spec: { cancelled: true } });
  await until(async () => (await status()).phase === 'Cancelled');
  await until(async () => !(await api.client.get('nodes', undefined, 'a')).spec.unschedulable);
  expect(nodesOfPods()).toEqual(['a', 'a', 'a', 'a']);
});

it('empties a node, which stays cordoned', async () => {
  await crowd();
  await rebalance({ emptyNode: 'a' });
  await until(async () => (await status()).phase === 'Completed');
  expect(nodesOfPods()).toEqual(['b', 'b', 'b', 'b']);
  expect((await api.client.get('nodes', undefined, 'a')).spec.unschedulable).toBe(true);
  expect(fewestReady).toBeGreaterThanOrEqual(3);
});

it('evicts nobody whose replacement would find no room by now', async () => {
  await crowd();
  await rebalance({ emptyNode: 'a', readyTimeoutSeconds: 10 });
  await until(async () => ((await status()).moved ?? 0) >= 1);
  // Somebody else drains the node that pods were to go to: a node pool that gives it back, say.
  await api.client.mergePatch('nodes', undefined, 'b', { spec: { unschedulable: true } });
  await until(async () => (await status()).phase === 'Completed');
  const { moves = [], message } = await status();
  const skipped = moves.filter(({ state }) => state === 'Skipped');
  expect(skipped.length).toBeGreaterThanOrEqual(2);
  expect(skipped[0]?.message).toContain('its replacement would find no room: 0/2 nodes are available');
  expect(message).toContain('skipped');
  expect(readyPods()).toHaveLength(4);
  expect(fewestReady).toBeGreaterThanOrEqual(3);
  // It could not be emptied.
  await until(async () => !(await api.client.get('nodes', undefined, 'a')).spec.unschedulable);
});

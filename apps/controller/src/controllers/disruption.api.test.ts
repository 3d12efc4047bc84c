import type { Pod, PodDisruptionBudget, PodDisruptionBudgetSpec, Status } from '@gantry/api-types';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApi, podBody, type TestApi } from '../api/testing/test-api.ts';
import { type RunningController, startController } from './controller.ts';
import { DisruptionController } from './disruption-controller.ts';

/** Evictions through the API, with the real controller keeping the budgets' status. */

const pods = '/api/v1/namespaces/default/pods';
const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';

let api: TestApi;
let controller: RunningController;
let events: string[];

beforeEach(async () => {
  api = await createTestApi();
  events = [];
  const { client, objects: informers, clock } = api;
  const logger = { debug: ignore, info: ignore, warn: ignore, error: ignore, child: () => logger };
  const services = {
    client,
    informers,
    clock,
    logger,
    events: {
      record: (_: unknown, { reason }: { reason: string }) => {
        events.push(reason);
      },
    },
  };
  controller = startController(new DisruptionController(services), services);
});

afterEach(async () => {
  await controller.stop();
  await api[Symbol.asyncDispose]();
});

function ignore(): void {
  // What is logged is not this test's subject.
}

async function createPod(name: string, options: { isReady?: boolean; phase?: string } = {}): Promise<void> {
  const { isReady = true, phase = 'Running' } = options;
  await api.call('POST', pods, {
    body: podBody(name, { spec: { nodeName: 'n1' }, metadata: { labels: { app: 'web' } } }),
  });
  const pod = await api.client.get('pods', 'default', name);
  const conditions = [{ type: 'Ready', status: isReady ? 'True' : 'False' }];
  await api.client.updateStatus('pods', { ...pod, status: { ...pod.status, phase, conditions } });
}

async function createBudget(name: string, spec: PodDisruptionBudgetSpec): Promise<void> {
  const body = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name },
    spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
  };
  expect((await api.call('POST', budgets, { body })).code).toBe(201);
}

function evict(name: string, deleteOptions: object = {}) {
  const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: 'default' }, deleteOptions };
  return api.call<Status>('POST', `${pods}/${name}/eviction`, { body });
}

async function budgetWhen(name: string, until: (status: PodDisruptionBudget['status']) => boolean) {
  for (let turn = 0; turn < 500; turn += 1) {
    const { status } = await api.client.get('poddisruptionbudgets.policy', 'default', name);
    if (until(status)) return status;
    await api.clock.advanceAsync(20);
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(JSON.stringify((await api.client.get('poddisruptionbudgets.policy', 'default', name)).status));
}

const isSettled = (status: PodDisruptionBudget['status']) => status.observedGeneration === 1;
const isLeaving = (pod: Pod) => pod.metadata.deletionTimestamp !== undefined;
const leaving = () => api.objects.informer('pods').lister.list('default').filter(isLeaving).length;

describe('an eviction', () => {
  it('is refused in the words of Kubernetes while a budget has no room', async () => {
    await createPod('a');
    await createBudget('web', { minAvailable: 1 });
    await budgetWhen('web', isSettled);
    const { code, body, headers } = await evict('a');
    expect(code).toBe(429);
    expect(body).toMatchObject({
      reason: 'TooManyRequests',
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      details: {
        causes: [
          { reason: 'DisruptionBudget', message: 'The disruption budget web needs 1 healthy pods and has 1 currently' },
        ],
      },
    });
    // A Retry-After would have client libraries repeat the call themselves, before kubectl can say what it waits for.
    expect(headers).not.toHaveProperty('retry-after');
    const pod = await api.client.get('pods', 'default', 'a');
    expect(isLeaving(pod)).toBe(false);
    expect(pod.status.conditions?.some(({ type }) => type === 'DisruptionTarget')).toBe(false);
  });

  it('waits for a budget that nobody has looked at yet', async () => {
    await createPod('a');
    await controller.stop();
    await createBudget('new', { minAvailable: 0 });
    const { code, body, headers } = await evict('a');
    expect([code, headers['retry-after']]).toEqual([429, '10']);
    expect(body.details?.causes?.[0]?.message).toBe(
      'The disruption budget new is still being processed by the server.',
    );
  });

  it('passes and is counted while there is room, however many ask at once', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await createPod(name);
    await createBudget('web', { minAvailable: 2 });
    await budgetWhen('web', (status) => status.disruptionsAllowed === 2);
    const codes = (await Promise.all(['a', 'b', 'c', 'd'].map((name) => evict(name)))).map(({ code }) => code);
    expect(codes.toSorted()).toEqual([201, 201, 429, 429]);
    expect(leaving()).toBe(2);
    const status = await budgetWhen('web', ({ currentHealthy }) => currentHealthy === 2);
    expect(status.disruptionsAllowed).toBe(0);
  });

  it('may be tried without being done', async () => {
    for (const name of ['a', 'b']) await createPod(name);
    await createBudget('web', { minAvailable: 1 });
    const before = await budgetWhen('web', (status) => status.disruptionsAllowed === 1);
    expect((await evict('a', { dryRun: ['All'] })).code).toBe(201);
    expect((await evict('b', { dryRun: ['All'] })).code).toBe(201);
    expect(leaving()).toBe(0);
    expect((await api.client.get('poddisruptionbudgets.policy', 'default', 'web')).status).toEqual(before);
  });

  it('of another pod than the one that is meant takes nothing from the budget', async () => {
    for (const name of ['a', 'b']) await createPod(name);
    await createBudget('web', { minAvailable: 1 });
    const before = await budgetWhen('web', (status) => status.disruptionsAllowed === 1);
    expect((await evict('a', { preconditions: { uid: 'another' } })).code).toBe(409);
    expect((await evict('a', { preconditions: { resourceVersion: '1' } })).code).toBe(409);
    expect((await api.client.get('poddisruptionbudgets.policy', 'default', 'web')).status).toEqual(before);
    const { resourceVersion } = (await api.client.get('pods', 'default', 'a')).metadata;
    expect((await evict('a', { preconditions: { resourceVersion } })).code).toBe(201);
    expect(leaving()).toBe(1);
  });

  it('of a pod with two budgets is an error', async () => {
    await createPod('a');
    await createBudget('one', { minAvailable: 0 });
    await createBudget('two', { minAvailable: 0 });
    const { code, body } = await evict('a');
    expect(code).toBe(500);
    expect(body.message).toBe(
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  });

  it.each(['Pending', 'Succeeded', 'Failed'])('of a pod that is %s asks no budget', async (phase) => {
    await createPod('a', { phase, isReady: false });
    await createBudget('web', { minAvailable: 1 });
    await budgetWhen('web', isSettled);
    expect((await evict('a')).code).toBe(201);
  });

  it('of a pod that is not ready depends on what the budget says of such', async () => {
    for (const name of ['a', 'b']) await createPod(name);
    await createPod('ill', { isReady: false });
    await createBudget('web', { minAvailable: 3 });
    await budgetWhen('web', isSettled);
    expect((await evict('ill')).code).toBe(429);
    await api.call('DELETE', `${budgets}/web`);
    await createBudget('enough', { minAvailable: 2 });
    await budgetWhen('enough', isSettled);
    expect((await evict('a')).code).toBe(429);
    expect((await evict('ill')).code).toBe(201);
    await createPod('worse', { isReady: false });
    await api.call('DELETE', `${budgets}/enough`);
    await createBudget('lenient', { minAvailable: 3, unhealthyPodEvictionPolicy: 'AlwaysAllow' });
    await budgetWhen('lenient', isSettled);
    expect((await evict('worse')).code).toBe(201);
  });
});

describe('a budget', () => {
  it('follows what a Deployment wants and what its pods are', async () => {
    const meta = { namespace: 'default', labels: { app: 'web' } };
    const deployment = await api.client.create('deployments.apps', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', ...meta },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'i:1' }] } },
      },
    } as never);
    const own = (kind: string, name: string, uid: string) => [
      { apiVersion: 'apps/v1', kind, name, uid, controller: true, blockOwnerDeletion: true },
    ];
    const { uid } = deployment.metadata;
    const replicaSet = await api.client.create('replicasets.apps', {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name: 'web-1', ...meta, ownerReferences: own('Deployment', 'web', uid) },
      spec: { ...deployment.spec, replicas: 1 },
    } as never);
    await createPod('a');
    const pod = await api.client.get('pods', 'default', 'a');
    const ownerReferences = own('ReplicaSet', 'web-1', replicaSet.metadata.uid);
    await api.client.update('pods', { ...pod, metadata: { ...pod.metadata, ownerReferences } });
    await createBudget('web', { maxUnavailable: '50%' });
    expect(await budgetWhen('web', isSettled)).toMatchObject({ expectedPods: 2, desiredHealthy: 1, currentHealthy: 1 });
    const scaled = await api.client.get('deployments.apps', 'default', 'web');
    await api.client.update('deployments.apps', { ...scaled, spec: { ...scaled.spec, replicas: 4 } });
    expect(await budgetWhen('web', ({ expectedPods }) => expectedPods === 4)).toMatchObject({ desiredHealthy: 2 });
  });

  it('gives a granted eviction back where the pod is still there after two minutes', async () => {
    for (const name of ['a', 'b']) await createPod(name);
    await createBudget('web', { minAvailable: 1 });
    const settled = await budgetWhen('web', (status) => status.disruptionsAllowed === 1);
    const budget = await api.client.get('poddisruptionbudgets.policy', 'default', 'web');
    const granted = new Date(api.clock.now()).toISOString();
    const status = { ...settled, disruptionsAllowed: 0, disruptedPods: { a: granted } };
    await api.client.updateStatus('poddisruptionbudgets.policy', { ...budget, status });
    await budgetWhen('web', ({ currentHealthy }) => currentHealthy === 1);
    await api.clock.advanceAsync(121_000);
    await budgetWhen('web', ({ disruptionsAllowed, disruptedPods }) => disruptionsAllowed === 1 && !disruptedPods);
    expect(events).toContain('NotDeleted');
  });
});

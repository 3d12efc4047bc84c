import type { Pod } from '@gantry/api-types';
import { makeNode, makePod } from '@gantry/api-types/testing';
import type { RecordedEvent } from '@gantry/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTestApi, type TestApi } from '../api/testing/test-api.ts';
import { DecisionLog } from './decision-log.ts';
import { type Scheduler, startScheduler } from './scheduler.ts';

let api: TestApi;
let scheduler: Scheduler;
let recorded: RecordedEvent[];

beforeEach(async () => {
  api = await createTestApi();
  recorded = [];
  const { client, objects: informers, clock } = api;
  const events = { record: (_: unknown, event: RecordedEvent) => recorded.push(event) };
  const logger = { debug: ignore, info: ignore, warn: ignore, error: ignore, child: () => logger };
  scheduler = startScheduler({ client, informers, events, clock, logger, decisions: new DecisionLog() });
});

afterEach(async () => {
  await scheduler.stop();
  await api[Symbol.asyncDispose]();
});

function ignore(): void {
  // What is logged is not this test's subject.
}

async function createNode(name: string, cpu: string): Promise<void> {
  const node = makeNode({ name, cpu });
  const { resourceVersion: _, ...metadata } = node.metadata;
  const created = await api.client.create('nodes', { ...node, metadata });
  await api.client.updateStatus('nodes', { ...created, status: node.status });
}

async function createPod(name: string, cpu: string): Promise<void> {
  const pod = makePod({ name, cpu });
  await api.client.create('pods', { ...pod, metadata: { name, namespace: 'default' } });
}

/** Lets the scheduler work, a little time passing, until the pods are as wanted. */
async function waitFor(description: string, isDone: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2000; turn++) {
    if (isDone()) return;
    await api.clock.advanceAsync(20);
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(
    `${description} did not happen: ${JSON.stringify(podsNow().map(({ spec, status }) => [spec, status]))}`,
  );
}

function podsNow(): readonly Pod[] {
  return api.objects.informer('pods').lister.list();
}

const scheduled = (name: string) =>
  podsNow()
    .find((pod) => pod.metadata.name === name)
    ?.status.conditions?.find((condition) => condition.type === 'PodScheduled');

it('binds pods through the API and lets those wait that fit nowhere, until a node has room', async () => {
  await createNode('node-1', '1');
  await createPod('small', '600m');
  await waitFor('the binding', () => scheduled('small')?.status === 'True');
  await createPod('large', '600m');
  await waitFor('the refusal', () => scheduled('large') !== undefined);
  expect(scheduled('large')).toMatchObject({
    status: 'False',
    reason: 'Unschedulable',
    message: '0/1 nodes are available: 1 Insufficient cpu. Nearest: node-1 is short of 200m cpu.',
  });
  await createNode('node-2', '2');
  await waitFor('the second binding', () => scheduled('large')?.status === 'True');
  expect(podsNow().map((pod) => [pod.metadata.name, pod.spec.nodeName])).toEqual(
    expect.arrayContaining([
      ['small', 'node-1'],
      ['large', 'node-2'],
    ]),
  );
  expect(recorded.map((event) => event.reason)).toEqual(['Scheduled', 'FailedScheduling', 'Scheduled']);
});

it('fills nodes to the last milli-cpu and no further while pods are created and deleted', async () => {
  await createNode('node-1', '2');
  await createNode('node-2', '2');
  await Promise.all(Array.from({ length: 60 }, (_, index) => createPod(`pod-${index}`, '100m')));
  const bound = () => podsNow().filter((pod) => pod.spec.nodeName !== undefined);
  const waiting = () => podsNow().filter(({ metadata }) => scheduled(metadata.name)?.status === 'False');
  await waitFor('forty bindings', () => bound().length === 40 && waiting().length === 20);
  for (const pod of bound().slice(0, 10)) {
    await api.client.delete('pods', 'default', pod.metadata.name, { gracePeriodSeconds: 0 });
  }
  await waitFor('their replacement', () => bound().length === 40 && waiting().length === 10);
  for (const name of ['node-1', 'node-2']) {
    expect(bound().filter((pod) => pod.spec.nodeName === name)).toHaveLength(20);
  }
});

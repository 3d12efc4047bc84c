import type { Recommendation, Simulation } from '@gantry/api-types';
import { makeNode } from '@gantry/api-types/testing';
import { UsageHistory } from '@gantry/core/metrics/usage-history';
import { deploymentOf, makeSimulationSource } from '@gantry/core/testing';
import { expect, it } from 'vitest';
import { createTestApi, tokens } from '../api/testing/test-api.ts';
import { systemClock } from '../system-clock.ts';
import { recommendationQuestion } from './recommendation-question.ts';
import { simulationQuestion } from './simulation-question.ts';

const url = '/apis/gantry.io/v1/simulations';
const nodes = ['node-1', 'node-2'].map((name) => makeNode({ name, cpu: '1' }));
const source = makeSimulationSource([...nodes, ...deploymentOf({ name: 'web', cpu: '400m', on: ['node-1'] })]);
const questions = [simulationQuestion({ source: () => source, clock: systemClock })];
const workload = { kind: 'Deployment', name: 'web' };
const scale = { spec: { changes: [{ type: 'scale', workload, replicas: 6 }] } };

it('answers readers too, and discovery lists it', async () => {
  await using api = await createTestApi({ questions });
  const { code, body } = await api.call<Simulation>('POST', url, { body: scale, token: tokens.reader });
  expect(code).toBe(201);
  expect(body).toMatchObject({ apiVersion: 'gantry.io/v1', kind: 'Simulation', spec: scale.spec });
  expect(body.status?.counts).toMatchObject({ placed: 3, waiting: 2 });
  const listed = await api.call('GET', '/apis/gantry.io/v1');
  expect(listed.body).toMatchObject({
    resources: expect.arrayContaining([expect.objectContaining({ name: 'simulations', kind: 'Simulation' })]),
  });
  const spec = { resourceAttributes: { verb: 'create', group: 'gantry.io', resource: 'simulations' } };
  const review = await api.call('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
    body: { spec },
    token: tokens.reader,
  });
  expect(review.body).toMatchObject({ status: { allowed: true } });
});

it('refuses agents, strangers and questions that name no such thing', async () => {
  await using api = await createTestApi({ questions });
  const ask = (spec: object, token: string = tokens.admin) => api.call('POST', url, { body: { spec }, token });
  expect((await ask(scale.spec, tokens.node)).code).toBe(403);
  expect((await ask(scale.spec, 'nobody')).code).toBe(401);
  expect((await api.call('GET', url)).code).toBe(405);
  const missing = await ask({ changes: [{ type: 'removeNode', node: 'node-9' }] });
  expect(missing).toMatchObject({ code: 404, body: { message: 'spec.changes[0]: nodes "node-9" not found' } });
});

it.each([
  [{ type: 'scale', workload }, 'spec.changes[0].replicas: Required value'],
  [
    { type: 'scale', workload: { kind: 'Node', name: 'x' }, replicas: 1 },
    'spec.changes[0].workload.kind: Unsupported value',
  ],
  [{ type: 'grow' }, 'spec.changes[0].type: Unsupported value: "grow"'],
  [{ type: 'addNodes', cpu: 'many', memory: '1Gi' }, 'spec.changes[0].cpu: Invalid value: "many"'],
  [
    { type: 'setRequests', requests: { cpu: '1' } },
    'spec.changes[0].workload: Required value: one of workload and pod',
  ],
  [{ type: 'removeNode', node: 'node-1', nods: 1 }, 'Unsupported value: "nods"'],
])('names the field that is wrong in %j', async (change, message) => {
  await using api = await createTestApi({ questions });
  const { code, body } = await api.call<{ message: string }>('POST', url, { body: { spec: { changes: [change] } } });
  expect(code).toBe(422);
  expect(body.message).toContain(message);
});

it('recommends requests by what was used', async () => {
  const history = new UsageHistory({
    describe: (uid) => ({ namespace: 'default', name: uid, workloads: ['Deployment/default/web'] }),
  });
  const uid = source.lister('pods').list()[0]?.metadata.uid ?? '';
  const start = systemClock.now() - 60_000;
  for (let second = 0; second < 60; second += 2) {
    const at = start + second * 1000;
    const pods = [{ uid, cpuMilli: 100, memoryBytes: 50 * 1024 * 1024, throttledRatio: 0 }];
    history.record('node-1', { at: new Date(at).toISOString(), cpuMilli: 100, memoryBytes: 0, pods }, at);
  }
  const usage = {
    query: (subjects: readonly string[], seconds: number) => history.query(subjects, seconds, systemClock.now()),
    podUsage: () => undefined,
  };
  await using api = await createTestApi({
    questions: [recommendationQuestion({ source: () => source, usage, clock: systemClock })],
  });
  const { code, body } = await api.call<Recommendation>('POST', '/apis/gantry.io/v1/recommendations', {
    body: { spec: { namespace: 'default' } },
    token: tokens.reader,
  });
  expect(code).toBe(201);
  expect(body.status?.workloads).toMatchObject([{ workload: { name: 'web' }, pods: 1, confidence: 'low' }]);
  expect(body.status?.workloads[0]?.resize).toMatchObject([
    { kind: 'Pod', patch: { spec: { containers: [{ resources: { requests: { memory: '60Mi' } } }] } } },
  ]);
});

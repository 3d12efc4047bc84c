import type { ControllerRevision, Recommendation, Simulation } from '@gantry/api-types';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type MockServer, startMockServer } from './server.ts';

let server: MockServer;
let now: number;

beforeEach(async () => {
  server = await startMockServer({ port: 0, distDir: '/nowhere' });
  now = Date.now();
  server.play('demo');
  server.play('kinds');
});
afterEach(() => server.close());

const pass = (ms: number): void => {
  now += ms;
  server.fleet.advance(now);
};
const podsOf = (name: string): string[] =>
  [...server.fleet.pods.keys()].filter((key) => key.startsWith(`default/${name}-`)).sort((a, b) => a.localeCompare(b));

async function call<T>(method: string, path: string, body?: object, type = 'application/json'): Promise<T> {
  const answer = await fetch(`${server.url}/k8s${path}`, {
    method,
    ...(body ? { body: JSON.stringify(body), headers: { 'content-type': type } } : {}),
  });
  expect([answer.status, answer.ok ? '' : await answer.clone().text()]).toEqual([200, '']);
  return (await answer.json()) as T;
}

it('starts the pods of a StatefulSet in order, one of a DaemonSet on each node, and ends a Job', () => {
  pass(2_000);
  expect(podsOf('ledger')).toEqual(['default/ledger-0', 'default/ledger-1']);
  expect(podsOf('collector')).toHaveLength(3);
  pass(20_000);
  expect(podsOf('ledger')).toEqual(['default/ledger-0', 'default/ledger-1', 'default/ledger-2']);
  expect(server.fleet.workloads.get('StatefulSet/default/ledger')).toMatchObject({ readyReplicas: 3 });
  pass(40_000);
  expect(server.fleet.workloads.get('Job/default/import')).toMatchObject({
    replicas: 0,
    job: { succeeded: 6 },
    conditions: [{ type: 'Complete' }],
  });
});

it('rolls a StatefulSet out from the highest ordinal down, and back by its revision', async () => {
  pass(20_000);
  const path = '/apis/apps/v1/namespaces/default';
  server.play('roll-out-set');
  pass(1_500);
  const images = (): (string | undefined)[] =>
    podsOf('ledger').map((key) => server.fleet.pods.get(key)?.containers[0]?.image.split(':')[1]);
  expect(images()).toEqual(['1.4', '1.4', '1.5']);
  pass(20_000);
  expect(images()).toEqual(['1.5', '1.5', '1.5']);
  const { items } = await call<{ items: ControllerRevision[] }>('GET', `${path}/controllerrevisions`);
  const own = items.filter(({ metadata }) => metadata.name.startsWith('ledger-'));
  expect(new Set(own.map(({ revision }) => revision))).toEqual(new Set([1, 2]));
  const first = own.find(({ revision }) => revision === 1);
  await call('PATCH', `${path}/statefulsets/ledger`, first?.data as object, 'application/strategic-merge-patch+json');
  pass(20_000);
  expect(images()).toEqual(['1.4', '1.4', '1.4']);
  expect(server.fleet.workloads.get('StatefulSet/default/ledger')).toMatchObject({ revision: '3' });
});

it('previews more replicas of a StatefulSet by the real scheduler', async () => {
  pass(20_000);
  const workload = { kind: 'StatefulSet' as const, namespace: 'default', name: 'ledger' };
  const { status } = await call<Simulation>('POST', '/apis/gantry.io/v1/simulations', {
    apiVersion: 'gantry.io/v1',
    kind: 'Simulation',
    spec: { changes: [{ type: 'scale', workload, replicas: 5 }] },
  });
  expect(status?.placements.map(({ pod }) => pod)).toEqual(['default/ledger-3', 'default/ledger-4']);
});

it('recommends requests by what was used, and resizes a pod in place', async () => {
  pass(20_000);
  const { status } = await call<Recommendation>('POST', '/apis/gantry.io/v1/recommendations', {
    apiVersion: 'gantry.io/v1',
    kind: 'Recommendation',
    spec: { workload: { kind: 'StatefulSet', name: 'ledger' } },
  });
  const [ledger] = status?.workloads ?? [];
  expect(ledger).toMatchObject({ pods: 3, confidence: 'high', containers: [{ name: 'app', isChanged: true }] });
  const [patch] = ledger?.resize ?? [];
  await call(
    'PATCH',
    `/api/v1/namespaces/default/pods/${patch?.name}/resize`,
    patch?.patch as object,
    patch?.contentType,
  );
  const pod = server.fleet.pods.get(`default/${patch?.name}`);
  expect(pod?.requests.cpuMilli).toBe(ledger?.containers[0]?.recommended.cpuMilli);
});

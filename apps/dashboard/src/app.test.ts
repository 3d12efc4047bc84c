import type { FeedDelta } from '@gantry/api-types/feed';
import { expect, it } from 'vitest';
import { ClusterStore } from './state/cluster-store.ts';
import { feedNode, feedPod, feedWorkload, snapshot } from './testing/feed-objects.ts';
import { renderPage } from './testing/render-page.tsx';

const Mi = 2 ** 20;
const requests = { cpuMilli: 250, memoryBytes: 64 * Mi };
const owner = { kind: 'Deployment', name: 'web', uid: 'uid-web' };

function storeOf(): ClusterStore {
  const store = new ClusterStore();
  const message = '0/2 nodes are available: 2 Insufficient cpu.';
  store.apply(
    [
      snapshot({
        nodes: [feedNode('node-1'), feedNode('node-2')],
        workloads: [feedWorkload('web', { requests, replicas: 3 })],
        pods: [
          feedPod('web-a', {
            owner,
            requests,
            labels: { app: 'web' },
            nodeName: 'node-1',
            phase: 'Running',
            isReady: true,
            timing: { ready: 2 },
          }),
          feedPod('web-b', { owner, requests, nodeName: 'node-2' }),
          feedPod('web-c', { owner, requests, message }),
        ],
      }),
    ],
    0,
  );
  return store;
}

it('draws every view of a cluster', async () => {
  const store = storeOf();
  expect(await renderPage(store, '/')).toContain('250m of 4 requested');
  expect(await renderPage(store, '/deployment/default/web')).toContain('1 of 3 ready');
  expect(await renderPage(store, '/node/node-1')).toContain('node-1');
  expect(await renderPage(store, '/pod/default/web-c')).toContain('Not enough CPU');
  expect(await renderPage(store, '/?lens=density')).toContain('1 pod, 0.3 per core');
});

it('shows what is no Deployment: how far it is, and how many pods it has where that can be set', async () => {
  const store = storeOf();
  const job = { completions: 5, parallelism: 2, succeeded: 3, failed: 1 };
  const cronJob = { kind: 'CronJob', name: 'nightly', uid: 'uid-nightly' };
  store.apply(
    [
      snapshot({
        nodes: [feedNode('node-1')],
        workloads: [
          feedWorkload('db', { kind: 'StatefulSet', replicas: 2 }),
          feedWorkload('log', { kind: 'DaemonSet', replicas: 1 }),
          feedWorkload('load', { kind: 'Job', replicas: 2, job }),
          feedWorkload('nightly', { kind: 'CronJob', replicas: 0, schedule: '0 3 * * *' }),
          feedWorkload('nightly-1', { kind: 'Job', replicas: 0, job, owner: cronJob }),
          feedWorkload('old', { kind: 'ReplicationController' }),
        ],
        pods: [
          feedPod('db-0', { owner: { kind: 'StatefulSet', name: 'db', uid: 'uid-db' }, isReady: true }),
          feedPod('nightly-1-x', { owner: { kind: 'Job', name: 'nightly-1', uid: 'uid-nightly-1' } }),
        ],
      }),
    ],
    0,
  );
  const list = await renderPage(store, '/');
  for (const row of [
    'db StatefulSet 0/2 ready',
    'load Job 3/5 done',
    'nightly CronJob 0 3 * * *',
    'old ReplicationController',
  ])
    expect(list).toContain(row);
  expect(list).not.toContain('nightly-1 Job');
  const set = await renderPage(store, '/statefulset/default/db');
  expect(set).toContain('0 of 2 ready');
  expect(set).toContain('Apply');
  const daemons = await renderPage(store, '/daemonset/default/log');
  expect(daemons).toContain('One pod on each node that suits it: 1 now');
  expect(daemons).not.toContain('Apply');
  const done = await renderPage(store, '/job/default/load');
  expect(done).toContain('3 of 5 done, 1 pod failed');
  expect(done).not.toContain('Apply');
  expect(await renderPage(store, '/cronjob/default/nightly')).toContain('nightly-1 3/5 done');
  expect(await renderPage(store, '/pod/default/nightly-1-x')).toContain('CronJob nightly');
});

it('shows the model of virtual machines that a link holds, beside what is measured', async () => {
  const text = await renderPage(storeOf(), '/?lens=vms&vm=512,2,1,64,30');
  expect(text).toContain('Model, not measurement Reset');
  expect(text).toContain('Hosts for the 3 replicas that are here, of 4 CPU and 8Gi each');
  expect(text).toMatch(/Containers 1 .*VMs 2 /);
  expect(text).toContain('p50 2 s , p95 2 s , of 1 pod (by status, in whole seconds)');
  expect(text).toContain('30 s by the model, 15.0 × as long');
  expect(text).toContain('as VMs 2 of 4, 640Mi of 8Gi');
});

it('tells of a lost node what became of its pods and how Services dipped, and of one that is back that nothing moves', async () => {
  const store = storeOf();
  const service = (ready: number) => ({
    key: 'default/web',
    uid: 'uid-service',
    createdAt: '2026-11-21T12:00:00Z',
    type: 'ClusterIP',
    clusterIp: '10.96.0.10',
    ports: ['80/TCP'],
    selector: { app: 'web' },
    endpoints: { ready, notReady: 0, terminating: 0 },
  });
  const at = Date.now();
  const since = new Date(at).toISOString();
  const lost = feedNode('node-1', { conditions: [{ type: 'Ready', status: 'Unknown', since }] });
  const frame = (revision: number, later: number, changes: FeedDelta['changes']): FeedDelta => ({
    type: 'delta',
    revision,
    at: at + later,
    changes,
  });
  store.apply([frame(2, -5000, { services: { set: [service(3)] } })], at);
  store.apply([frame(3, 100, { nodes: { set: [lost] }, services: { set: [service(2)] } })], at + 100);
  store.apply([frame(4, 900, { pods: { gone: ['default/web-a'] } })], at + 900);
  const text = await renderPage(store, '/');
  expect(text).toMatch(/node-1 is unreachable for \d+ s\./);
  expect(text).toContain('1 pod evicted: 1 not replaced.');
  expect(text).toMatch(/service web: 3 → 2 → 2 ready, below 3 for \d+ s/);
  store.apply([frame(5, 2000, { nodes: { set: [feedNode('node-1')] } })], at + 2000);
  expect(await renderPage(store, '/')).toContain('node-1 is back after 2 s; the 1 pod that left it are not moved back');
  expect(await renderPage(store, '/?services=default/web')).toContain('web default ClusterIP 10.96.0.10 80/TCP 2 of 2');
  expect(await renderPage(store, '/?rebalance=preview')).toContain('Rebalance, a preview');
});

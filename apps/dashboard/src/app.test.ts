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

it('shows the model of virtual machines that a link holds, beside what is measured', async () => {
  const text = await renderPage(storeOf(), '/?lens=vms&vm=512,2,1,64,30');
  expect(text).toContain('Model, not measurement Reset');
  expect(text).toContain('Hosts for the 3 replicas that are here, of 4 CPU and 8Gi each');
  expect(text).toMatch(/Containers 1 .*VMs 2 /);
  expect(text).toContain('p50 2 s , p95 2 s , of 1 pod (by status, in whole seconds)');
  expect(text).toContain('30 s by the model, 15.0 × as long');
  expect(text).toContain('as VMs 2 of 4, 640Mi of 8Gi');
});

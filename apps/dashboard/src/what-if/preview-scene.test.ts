import type { SimulationStatus } from '@gantry/api-types/simulation';
import { expect, it } from 'vitest';
import { ClusterStore } from '../state/cluster-store.ts';
import { feedNode, feedPod, feedWorkload, snapshot } from '../testing/feed-objects.ts';
import { previewScene } from './preview-scene.ts';

const Mi = 2 ** 20;
const web = { kind: 'Deployment', namespace: 'default', name: 'web' } as const;

function storeOf(): ClusterStore {
  const store = new ClusterStore();
  const requests = { cpuMilli: 250, memoryBytes: 64 * Mi };
  const owner = { kind: 'Deployment', name: 'web', uid: 'uid-web' };
  const pod = { nodeName: 'node-1', requests, owner: { kind: 'ReplicaSet', name: 'web-1', uid: 'uid-web-1' } };
  store.apply(
    [
      snapshot({
        nodes: [feedNode('node-1'), feedNode('node-2')],
        workloads: [feedWorkload('web', { requests }), feedWorkload('web-1', { owner })],
        pods: [feedPod('web-a', pod), feedPod('web-b', pod)],
      }),
    ],
    0,
  );
  return store;
}

function status(change: Partial<SimulationStatus>): SimulationStatus {
  const counts = { placed: 0, moved: 0, waiting: 0, lost: 0, deleted: 0 };
  const empty = { workloads: [], placements: [], waits: [], lost: [], deleted: [], nodes: [] };
  return { summary: [], counts, durationMs: 1, ...empty, ...change };
}

const placed = (pod: string, nodeName: string) => ({ pod, isNew: true, workload: web, nodeName, score: 1, scores: {} });

it('puts a new replica as a ghost of its workload on the node it would get', () => {
  const store = storeOf();
  const scene = previewScene(store, {}, status({ placements: [placed('default/web-new-1', 'node-2')] }));
  expect(scene.ghostsOn.get('node-2')).toMatchObject([
    { ownerName: 'web', hue: store.hues.of('uid-web'), pod: { requests: { cpuMilli: 250 } } },
  ]);
  expect(scene.ghostsOn.has('node-1')).toBe(false);
  expect(scene.leaving.size).toBe(0);
});

it('sizes ghosts by the requests that the preview changes', () => {
  const spec = { changes: [{ type: 'setRequests' as const, workload: web, requests: { cpu: '1', memory: '1Gi' } }] };
  const scene = previewScene(storeOf(), spec, status({ placements: [placed('default/web-new-1', 'node-2')] }));
  expect(scene.ghostsOn.get('node-2')?.[0]?.pod.requests).toEqual({ cpuMilli: 1000, memoryBytes: 1024 * Mi });
  expect([...scene.leaving].sort()).toEqual(['default/web-a', 'default/web-b']);
});

it('marks what leaves: the pods of a lost node, those deleted, those lost', () => {
  const store = storeOf();
  const lost = previewScene(store, { changes: [{ type: 'removeNode', node: 'node-1' }] }, status({}));
  expect([...lost.leaving].sort()).toEqual(['default/web-a', 'default/web-b']);
  expect([...previewScene(store, {}, status({ deleted: ['default/web-b'] })).leaving]).toEqual(['default/web-b']);
});

it('names the nodes that do not exist yet', () => {
  const totals = { cpuMilli: 1, memoryBytes: 1, pods: 1 };
  const node = { name: 'new-node-1', change: 'added' as const, allocatable: totals, before: totals, after: totals };
  expect(previewScene(storeOf(), {}, status({ nodes: [node] })).added).toEqual([node]);
});

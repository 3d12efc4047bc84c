import { expect, it } from 'vitest';
import { ClusterStore } from '../state/cluster-store.ts';
import { delta, feedNode, feedPod, snapshot } from '../testing/feed-objects.ts';
import { nodeCells, nodeColumns, podCells, podColumns, podRows } from './table-cells.ts';

const now = Date.parse('2026-11-21T12:01:00Z');
const Mi = 2 ** 20;

it('says of a node what its bars say, and its pool', () => {
  const store = running();
  expect(nodes(store)[0]).toEqual({
    Node: 'node-1',
    State: 'Ready',
    Zone: '',
    Pool: 'large',
    'CPU requested': '250m of 4',
    'CPU used': '100m',
    'CPU limits': '500m',
    'Memory requested': '64Mi of 8Gi',
    'Memory used': '96Mi',
    'Memory limits': '128Mi',
    Pods: '1',
    Age: '1 min',
  });
});

it('says of a pod what it uses, how much of its memory limit, and whether its CPU limit held it back', () => {
  expect(pods(running())[0]).toMatchObject({
    Pod: 'web-1',
    Status: 'Running',
    CPU: '250m',
    'CPU used': '100m',
    Throttled: '12 %',
    Memory: '64Mi',
    'Memory used': '96Mi',
    'Memory of limit': '75 %',
  });
});

it('lists the pods that a lost node lost, in state Unknown, until it is back', () => {
  const store = running();
  const lost = feedNode('node-1', { conditions: [{ type: 'Ready', status: 'Unknown' }] });
  store.apply([delta(2, { nodes: { set: [lost] } })], 0);
  expect(pods(store)[0]).toMatchObject({ Status: 'Unknown', 'CPU used': '–' });
  expect(nodes(store)[0]).toMatchObject({ State: 'NotReady', 'CPU used': '–' });
  store.apply([delta(3, { pods: { gone: ['default/web-1'] } })], 0);
  expect(pods(store)).toMatchObject([{ Pod: 'web-1', Node: 'node-1', Status: 'Unknown, evicted' }]);
  store.apply([delta(4, { nodes: { set: [feedNode('node-1')] } })], 0);
  expect(pods(store)).toEqual([]);
});

function running(): ClusterStore {
  const store = new ClusterStore();
  const requests = { cpuMilli: 250, memoryBytes: 64 * Mi };
  const limits = { cpuMilli: 500, memoryBytes: 128 * Mi };
  const pod = feedPod('web-1', { requests, limits, nodeName: 'node-1', phase: 'Running', status: 'Running' });
  const sample = { cpuMilli: 100, memoryBytes: 96 * Mi };
  const usage = { 'node-1': { ...sample, pods: [{ uid: pod.uid, ...sample, throttledRatio: 0.12 }] } };
  const node = feedNode('node-1', { labels: { 'gantry.io/node-pool': 'large' } });
  store.apply([snapshot({ nodes: [node], pods: [pod], usage: usage as never })], 0);
  return store;
}

function nodes(store: ClusterStore): Record<string, string>[] {
  return [...store.nodes.values()].map((node) => byName(nodeColumns, nodeCells(store, node, now)));
}

function pods(store: ClusterStore): Record<string, string>[] {
  return podRows(store).map((row) => byName(podColumns, podCells(store, row, now)));
}

function byName(columns: typeof nodeColumns, cells: readonly { readonly text: string }[]): Record<string, string> {
  expect(cells).toHaveLength(columns.length);
  return Object.fromEntries(columns.map(({ name }, index) => [name, cells[index]?.text ?? '']));
}

import { expect, it } from 'vitest';
import { ClusterStore } from '../state/cluster-store.ts';
import { feedNode, feedPod, feedWorkload, snapshot } from '../testing/feed-objects.ts';
import { whatChanged } from './what-changed.ts';

it('tells in words what came, went and changed', () => {
  const before = storeOf({
    nodes: [feedNode('node-1'), feedNode('node-2')],
    workloads: [feedWorkload('web', { replicas: 3, images: ['shop:1'], revision: '1' })],
    pods: [feedPod('a'), feedPod('b'), feedPod('same')],
  });
  const after = storeOf({
    nodes: [feedNode('node-1', { unschedulable: true, conditions: [{ type: 'Ready', status: 'Unknown' }] })],
    workloads: [feedWorkload('web', { replicas: 60, images: ['shop:2'], revision: '2' })],
    pods: [
      feedPod('a', { nodeName: 'node-1', isReady: true, restarts: 2 }),
      feedPod('c', { nodeName: 'node-1' }),
      feedPod('same'),
    ],
  });
  expect(whatChanged(before, after)).toEqual([
    {
      change: 'changed',
      kind: 'Deployment',
      namespace: 'default',
      name: 'web',
      words: ['replicas 3 → 60', 'revision 1 → 2', 'image shop:1 → shop:2'],
    },
    { change: 'changed', kind: 'Node', name: 'node-1', words: ['does not answer', 'was cordoned'] },
    { change: 'removed', kind: 'Node', name: 'node-2', words: ['4 CPU, 8Gi'] },
    {
      change: 'changed',
      kind: 'Pod',
      namespace: 'default',
      name: 'a',
      words: ['bound to node-1', 'became ready', 'restarted 2 times'],
    },
    { change: 'removed', kind: 'Pod', namespace: 'default', name: 'b', words: ['without a node', 'Pending'] },
    { change: 'added', kind: 'Pod', namespace: 'default', name: 'c', words: ['on node-1', 'Pending'] },
  ]);
});

it('takes an object that was made anew under its name for two', () => {
  const before = storeOf({ pods: [feedPod('a', { uid: 'one' })] });
  const after = storeOf({ pods: [feedPod('a', { uid: 'two' })] });
  expect(whatChanged(before, after).map(({ change, name }) => [change, name])).toEqual([
    ['removed', 'a'],
    ['added', 'a'],
  ]);
  expect(whatChanged(before, before)).toEqual([]);
});

function storeOf(objects: Parameters<typeof snapshot>[0]): ClusterStore {
  const store = new ClusterStore();
  store.apply([snapshot(objects)], 1000);
  return store;
}

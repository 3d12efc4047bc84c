import { expect, it } from 'vitest';
import { feedNode, feedPod, snapshot } from '../testing/feed-objects.ts';
import { ClusterStore } from './cluster-store.ts';
import { pairReplacements } from './replacements.ts';

const now = Date.parse('2026-11-21T12:00:20Z');
const owner = { kind: 'ReplicaSet', name: 'web-1', uid: 'rs' };
const other = { kind: 'ReplicaSet', name: 'api-1', uid: 'rs2' };
const lost = { conditions: [{ type: 'Ready', status: 'Unknown' }] };
const evicted = { nodeName: 'node-1', owner, createdAt: '2026-11-21T12:00:00Z', deletedAt: '2026-11-21T12:00:45Z' };

it('pairs the pods of a lost node with those that took their place', () => {
  const store = new ClusterStore();
  const fresh = { nodeName: 'node-2', owner, createdAt: '2026-11-21T12:00:16Z' };
  store.apply(
    [
      snapshot({
        nodes: [feedNode('node-1', lost), feedNode('node-2')],
        pods: [
          feedPod('a', evicted),
          feedPod('b', evicted),
          feedPod('c', fresh),
          feedPod('old', { ...fresh, createdAt: '2026-11-21T11:00:00Z' }),
          feedPod('elsewhere', { ...fresh, owner: other }),
          feedPod('waits', { owner, createdAt: '2026-11-21T12:00:16Z' }),
        ],
      }),
    ],
    now,
  );
  expect(names(store, now)).toEqual(['a>c']);
  expect(names(store, now + 10_000)).toEqual([]);
});

it('has nothing to say while no node is lost', () => {
  const store = new ClusterStore();
  store.apply([snapshot({ nodes: [feedNode('node-1')], pods: [feedPod('a', evicted)] })], now);
  expect(names(store, now)).toEqual([]);
});

function names(store: ClusterStore, at: number): string[] {
  return pairReplacements(store, at).map(({ ghost, successor }) => `${ghost.uid.slice(4)}>${successor.uid.slice(4)}`);
}

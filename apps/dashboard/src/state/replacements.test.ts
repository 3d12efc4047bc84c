import type { FeedDelta, FeedPod } from '@gantry/api-types/feed';
import { expect, it } from 'vitest';
import { delta, feedNode, feedPod, feedWorkload, snapshot } from '../testing/feed-objects.ts';
import { ClusterStore } from './cluster-store.ts';
import { arcMs } from './ghost-book.ts';
import { drawnReplacements, evictedFrom, pairEvicted } from './replacements.ts';

const now = Date.parse('2026-11-21T12:00:20Z');
const owner = { kind: 'ReplicaSet', name: 'web-1', uid: 'rs' };
const other = { kind: 'ReplicaSet', name: 'api-1', uid: 'rs2' };
const lost = feedNode('node-1', { conditions: [{ type: 'Ready', status: 'Unknown', since: '2026-11-21T12:00:15Z' }] });
const held = { nodeName: 'node-1', owner, createdAt: '2026-11-21T12:00:00Z', phase: 'Running' };
const fresh = { nodeName: 'node-2', owner, createdAt: '2026-11-21T12:00:16Z', phase: 'Running' };

it('remembers the pods that are removed from a lost node in one write', () => {
  const store = twoNodes(feedPod('a', held), feedPod('b', held), feedPod('done', { ...held, phase: 'Succeeded' }));
  store.apply([delta(2, { nodes: { set: [lost] } })], now);
  expect(evictedFrom(store, lost)).toEqual([]);
  store.apply([delta(3, { pods: { set: [feedPod('c', fresh)], gone: keys('a', 'b', 'done') } })], now);
  expect(uids(evictedFrom(store, lost))).toEqual(['uid-a', 'uid-b']);
  expect(store.podsOn('node-1').size).toBe(0);
});

it('remembers them where the loss of the node and the removal arrive in one frame', () => {
  const store = twoNodes(feedPod('a', held));
  store.apply([delta(2, { nodes: { set: [lost] }, pods: { gone: keys('a') } })], now);
  expect(uids(evictedFrom(store, lost))).toEqual(['uid-a']);
});

it('remembers a pod that was removed and made anew under its name in one frame', () => {
  const store = twoNodes(feedPod('db-0', held));
  store.apply([delta(2, { nodes: { set: [lost] }, pods: { set: [{ ...feedPod('db-0', fresh), uid: 'new' }] } })], now);
  expect(uids(evictedFrom(store, lost))).toEqual(['uid-db-0']);
});

it('remembers them where a snapshot brings the loss after a broken connection', () => {
  const store = twoNodes(feedPod('a', held));
  store.apply([snapshot({ nodes: [lost, feedNode('node-2')] })], now);
  expect(uids(evictedFrom(store, lost))).toEqual(['uid-a']);
});

it('forgets them when the node returns, and never remembers pods that leave a Ready node', () => {
  const store = twoNodes(feedPod('a', held), feedPod('b', held));
  store.apply([delta(2, { pods: { gone: keys('a') } }), delta(3, { nodes: { set: [lost] } })], now);
  expect(evictedFrom(store, lost)).toEqual([]);
  store.apply([delta(4, { pods: { gone: keys('b') } }), delta(5, { nodes: { set: [feedNode('node-1')] } })], now);
  expect(store.ghosts.on('node-1').size).toBe(0);
});

it('pairs evicted pods with those made since the node was lost, by workload', () => {
  const store = twoNodes(feedPod('a', held), feedPod('b', held), feedPod('bare', { ...held, ...withoutOwner }));
  store.apply([delta(2, { nodes: { set: [lost] } })], now);
  const set = [
    feedPod('c', fresh),
    feedPod('old', { ...fresh, createdAt: '2026-11-21T12:00:14Z' }),
    feedPod('elsewhere', { ...fresh, owner: other }),
  ];
  store.apply([delta(3, { pods: { set, gone: keys('a', 'b', 'bare') } })], now);
  expect(pairs(store)).toEqual(['a>c', 'b>none', 'bare>none']);
  const { nodeName: _, ...unplaced } = fresh;
  store.apply([delta(4, { pods: { set: [feedPod('waits', unplaced)] } })], now);
  expect(pairs(store)).toEqual(['a>c', 'b>waits', 'bare>none']);
});

it('takes pods of a newer revision of the Deployment for successors', () => {
  const deployment = { kind: 'Deployment', name: 'web', uid: 'uid-web' };
  const store = twoNodes(feedPod('a', { ...held, owner: { ...owner, uid: 'uid-web-1' } }));
  const workloads = [
    feedWorkload('web'),
    ...['web-1', 'web-2'].map((name) => feedWorkload(name, { owner: deployment })),
  ];
  store.apply([delta(2, { nodes: { set: [lost] }, workloads: { set: workloads } })], now);
  const next = feedPod('n', { ...fresh, owner: { ...owner, uid: 'uid-web-2' } });
  store.apply([delta(3, { pods: { gone: keys('a'), set: [next] } })], now);
  expect(pairs(store)).toEqual(['a>n']);
});

it('pairs pods that are marked for deletion on a lost node as well', () => {
  const store = twoNodes(feedPod('a', { ...held, deletedAt: '2026-11-21T12:00:45Z' }), feedPod('c', fresh));
  store.apply([delta(2, { nodes: { set: [lost] } })], now);
  expect(pairs(store)).toEqual(['a>c']);
});

it('draws lines between tiles only, until the replacement has been Ready for a while, however late that is', () => {
  const store = twoNodes(feedPod('a', held), feedPod('b', held));
  const { nodeName: _, ...unplaced } = fresh;
  store.apply([delta(2, { nodes: { set: [lost] } })], now);
  const set = [feedPod('c', fresh), feedPod('d', unplaced)];
  const ghosts = (at: number): string[] => drawnReplacements(store, at).map(({ ghost }) => ghost.uid);
  store.apply([changeAt(now, { pods: { set, gone: keys('a', 'b') } })], now);
  expect(ghosts(now)).toEqual(['uid-a']);
  const later = now + 10 * 60_000;
  expect(ghosts(later)).toEqual(['uid-a']);
  store.apply([changeAt(later, { pods: { set: [feedPod('c', { ...fresh, isReady: true })] } })], later);
  expect(ghosts(later + arcMs)).toEqual(['uid-a']);
  expect(ghosts(later + arcMs + 1)).toEqual([]);
  store.apply([changeAt(later + 60_000, { pods: { set: [feedPod('d', fresh)] } })], later);
  expect(ghosts(later + 60_000)).toEqual(['uid-b']);
  expect(uids(evictedFrom(store, lost))).toEqual(['uid-a', 'uid-b']);
});

it('draws no line to what was Ready long before the page was opened', () => {
  const store = new ClusterStore();
  const marked = feedPod('a', { ...held, deletedAt: '2026-11-21T12:00:45Z' });
  const ready = feedPod('c', { ...fresh, isReady: true, timing: { ready: 4 } });
  store.apply([snapshot({ nodes: [lost, feedNode('node-2')], pods: [marked, ready] })], now);
  expect(pairs(store)).toEqual(['a>c']);
  expect(drawnReplacements(store, now)).toHaveLength(1);
  expect(drawnReplacements(store, now + arcMs + 1)).toEqual([]);
});

const withoutOwner = { owner: undefined } as unknown as Partial<FeedPod>;

function twoNodes(...pods: FeedPod[]): ClusterStore {
  const store = new ClusterStore();
  store.apply([snapshot({ nodes: [feedNode('node-1'), feedNode('node-2')], pods })], now);
  return store;
}

function changeAt(at: number, changes: FeedDelta['changes']): FeedDelta {
  return { type: 'delta', revision: 3, at, changes };
}

function keys(...names: string[]): string[] {
  return names.map((name) => `default/${name}`);
}

function uids(pods: readonly FeedPod[]): string[] {
  return pods.map((pod) => pod.uid);
}

function pairs(store: ClusterStore): string[] {
  return pairEvicted(store)
    .map(({ ghost, successor }) => `${ghost.uid.slice(4)}>${successor?.uid.slice(4) ?? 'none'}`)
    .sort((a, b) => a.localeCompare(b));
}

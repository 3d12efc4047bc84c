import { expect, it } from 'vitest';
import { delta, feedEvent, feedNode, feedPod, feedWorkload, snapshot } from '../testing/feed-objects.ts';
import { ClusterStore, keptEvents } from './cluster-store.ts';

const owner = { kind: 'ReplicaSet', name: 'web-1', uid: 'uid-web-1' };

it('holds what the frames say, by node and by owner', () => {
  const store = filled();
  expect([...store.podsOn('node-1').keys()]).toEqual(['default/a']);
  expect(store.pendingPods().map((pod) => pod.key)).toEqual(['default/b']);
  const [deployment] = [...store.workloads.values()];
  expect(deployment && store.podsOf(deployment).map((pod) => pod.key)).toEqual(['default/a', 'default/b']);
  expect(store.rootOf(feedPod('a', { owner }))).toEqual({ kind: 'Deployment', name: 'web', uid: 'uid-web' });
  expect(store.rootOf(feedPod('alone'))).toEqual({ kind: 'Pod', name: 'alone', uid: 'uid-alone' });
});

it('moves a pod from the tray to its node and forgets it when it is gone', () => {
  const store = filled();
  store.apply([delta(2, { pods: { set: [feedPod('b', { owner, nodeName: 'node-1' })] } })], 1000);
  expect(store.pendingPods()).toEqual([]);
  expect([...store.podsOn('node-1').keys()]).toEqual(['default/a', 'default/b']);
  store.apply([delta(3, { pods: { gone: ['default/a'] } })], 1000);
  expect([...store.podsOn('node-1').keys()]).toEqual(['default/b']);
  expect(store.revision).toBe(3);
});

it('shows exactly the new snapshot, whatever it held before', () => {
  const store = filled();
  store.apply(
    [snapshot({ revision: 9, epoch: 'e2', nodes: [feedNode('node-2')], pods: [feedPod('c', { nodeName: 'node-2' })] })],
    1000,
  );
  expect([[...store.nodes.keys()], [...store.pods.keys()], [...store.workloads.keys()]]).toEqual([
    ['node-2'],
    ['default/c'],
    [],
  ]);
  expect(store.podsOn('node-1').size).toBe(0);
  expect([store.epoch, store.revision]).toEqual(['e2', 9]);
});

it('arrives at the same state in many frames as in one snapshot', () => {
  const objects = Array.from({ length: 40 }, (_, i) =>
    feedPod(`p${i}`, { owner, ...(i % 3 ? { nodeName: `node-${i % 3}` } : {}) }),
  );
  const piecewise = new ClusterStore();
  piecewise.apply([snapshot()], 1000);
  for (const pod of objects) {
    const { nodeName: _, ...unplaced } = pod;
    piecewise.apply([delta(2, { pods: { set: [unplaced] } }), delta(3, { pods: { set: [pod] } })], 1000);
  }
  const atOnce = new ClusterStore();
  atOnce.apply([snapshot({ pods: objects })], 1000);
  for (const node of ['', 'node-1', 'node-2']) {
    expect([...piecewise.podsOn(node).keys()]).toEqual([...atOnce.podsOn(node).keys()]);
  }
});

it('tells each listener once, and only those whose topic changed', () => {
  const store = filled();
  const told: string[] = [];
  for (const topic of ['node:node-1', 'node:node-2', 'pending', 'workload:uid-web', 'events']) {
    store.topics.subscribe(topic, () => told.push(topic));
  }
  store.apply(
    [
      delta(2, { pods: { set: [feedPod('b', { owner, nodeName: 'node-1' })] } }),
      delta(3, { pods: { set: [feedPod('b', { owner, nodeName: 'node-1', isReady: true })] } }),
    ],
    1000,
  );
  expect(told.sort((a, b) => a.localeCompare(b))).toEqual(['node:node-1', 'pending', 'workload:uid-web']);
});

it('measures time by the server clock', () => {
  const store = new ClusterStore();
  store.apply([snapshot({ at: 5_000_000, heartbeats: { 'node-1': 4_999_000 } })], 1_000);
  expect(store.serverNow(1_500) - (store.heartbeats.get('node-1') ?? 0)).toBe(1_500);
});

it('keeps the newest events', () => {
  const store = new ClusterStore();
  store.apply([snapshot()], 1000);
  for (let i = 0; i < keptEvents + 20; i++)
    store.apply([delta(i, { events: { set: [feedEvent(`e${i}`, `t${i}`)] } })], 1000);
  expect([store.events.size, store.events.has('default/e19'), store.events.has('default/e20')]).toEqual([
    keptEvents,
    false,
    true,
  ]);
});

it('gives new owners the hue that is used least', () => {
  const store = new ClusterStore();
  const workloads = Array.from({ length: 10 }, (_, i) => feedWorkload(`w${i}`));
  store.apply([snapshot({ workloads })], 1000);
  const hues = workloads.map((workload) => store.hues.of(workload.uid));
  expect(hues).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 0, 1]);
});

function filled(): ClusterStore {
  const store = new ClusterStore();
  const replicaSet = feedWorkload('web-1', { owner: { kind: 'Deployment', name: 'web', uid: 'uid-web' } });
  store.apply(
    [
      snapshot({
        nodes: [feedNode('node-1')],
        workloads: [feedWorkload('web'), replicaSet],
        pods: [feedPod('a', { owner, nodeName: 'node-1' }), feedPod('b', { owner })],
      }),
    ],
    1000,
  );
  return store;
}

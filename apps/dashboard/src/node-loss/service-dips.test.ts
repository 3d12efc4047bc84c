import type { FeedService } from '@gantry/api-types/feed';
import { expect, it } from 'vitest';
import { ClusterStore } from '../state/cluster-store.ts';
import { feedNode, feedPod, snapshot } from '../testing/feed-objects.ts';
import { serviceDips } from './service-dips.ts';

const since = '2026-11-21T12:00:00Z';
const lostAt = Date.parse(since);
const lost = feedNode('node-1', { conditions: [{ type: 'Ready', status: 'Unknown', since }] });

it('puts down to a lost node only the fall of Services that had ready endpoints on it', () => {
  const store = running();
  change(store, 1_000, { nodes: { set: [lost] }, services: { set: [service('web', 1)] } });
  expect(told(store, 2_000)).toEqual(['default/web 2 1 1 1000']);
  // Nobody of these ran on the node.
  change(store, 3_000, { services: { set: [service('api', 1)] } });
  expect(told(store, 4_000)).toEqual(['default/web 2 1 1 3000']);
});

it('tells of a fall until it is over: a scale-down minutes later is none of the node', () => {
  const store = running();
  change(store, 1_000, { nodes: { set: [lost] }, services: { set: [service('web', 1)] } });
  change(store, 9_000, { services: { set: [service('web', 2)] } });
  change(store, 200_000, { services: { set: [service('web', 0)] } });
  expect(told(store, 300_000)).toEqual(['default/web 2 1 2 8000']);
});

it('tells of no fall that comes after the node is back', () => {
  const store = running();
  change(store, 1_000, { nodes: { set: [lost] } });
  change(store, 5_000, { nodes: { set: [feedNode('node-1')] } });
  change(store, 9_000, { services: { set: [service('web', 1)] } });
  expect(told(store, 10_000)).toEqual([]);
});

it('takes a Service for one of the node also where a pod of it was evicted there', () => {
  const store = running();
  const { isReady: _, ...unready } = feedPod('api-1', { nodeName: 'node-1', labels: { app: 'api' }, phase: 'Running' });
  change(store, -5_000, { pods: { set: [unready] } });
  change(store, 1_000, { nodes: { set: [lost] } });
  change(store, 2_000, { pods: { gone: ['default/api-1'] }, services: { set: [service('api', 1)] } });
  expect(told(store, 3_000)).toEqual(['default/api 2 1 1 1000']);
});

it('tells of none where nobody looked before the loss: from what it fell is not known', () => {
  const store = new ClusterStore();
  store.apply([snapshot({ at: lostAt + 60_000, nodes: [lost], pods: pods(), services: [service('web', 2)] })], 0);
  change(store, 90_000, { services: { set: [service('web', 1)] } });
  expect(told(store, 99_000)).toEqual([]);
});

function running(): ClusterStore {
  const store = new ClusterStore();
  const services = [service('web', 2), service('api', 2)];
  const nodes = [feedNode('node-1'), feedNode('node-2')];
  store.apply([snapshot({ at: lostAt - 60_000, nodes, pods: pods(), services })], 0);
  return store;
}

function pods() {
  const running = { phase: 'Running', isReady: true };
  return [
    feedPod('web-1', { nodeName: 'node-1', labels: { app: 'web', tier: 'front' }, ...running }),
    feedPod('web-2', { nodeName: 'node-2', labels: { app: 'web' }, ...running }),
    feedPod('api-2', { nodeName: 'node-2', labels: { app: 'api' }, ...running }),
  ];
}

function service(name: string, ready: number): FeedService {
  const endpoints = { ready, notReady: 0, terminating: 0 };
  return {
    key: `default/${name}`,
    uid: name,
    createdAt: since,
    type: 'ClusterIP',
    ports: [],
    selector: { app: name },
    endpoints,
  };
}

function change(store: ClusterStore, after: number, changes: object): void {
  store.apply([{ type: 'delta', revision: store.revision + 1, at: lostAt + after, changes }], 0);
}

/** `service before least now milliseconds` of every fall that is told of. */
function told(store: ClusterStore, after: number): string[] {
  const now = lostAt + after;
  return store.losses
    .losses(now)
    .flatMap((loss) => serviceDips(store.losses, loss, now))
    .map(({ service: key, dip }) => `${key} ${dip.before} ${dip.least} ${dip.now} ${dip.ms}`);
}

import type { FeedFrame, NodeUsage } from '@gantry/api-types';
import type { FeedHistorySegment } from '@gantry/api-types/feed-history';
import {
  makeEndpointSlice,
  makeEvent,
  makeJob,
  makeNode,
  makePod,
  makeService,
  makeStatefulSet,
} from '@gantry/api-types/testing';
import { FeedHistory } from '@gantry/core/history/feed-history';
import { FakeClock } from '@gantry/core/testing';
import { expect, it } from 'vitest';
import { FakeObjects } from './fake-objects.ts';
import { type FeedClient, FeedHub } from './feed-hub.ts';
import { silentLogger } from './silent-logger.ts';

const start = Date.parse('2026-11-21T12:00:00Z');

it('sends the whole state first and then one frame per burst of changes', () => {
  const { objects, hub, clock } = setUp();
  objects.put('nodes', makeNode({ name: 'node-1' }));
  objects.put('pods', makePod({ name: 'web-1' }));
  const page = join(hub);
  expect(page.frames).toMatchObject([
    {
      type: 'snapshot',
      revision: 102,
      epoch: 'e1',
      nodes: [{ key: 'node-1' }],
      pods: [{ key: 'default/web-1', status: 'Pending' }],
    },
  ]);
  objects.put('pods', makePod({ name: 'web-1', nodeName: 'node-1' }));
  objects.put('pods', makePod({ name: 'web-1', nodeName: 'node-1', isReady: true }));
  objects.put('pods', makePod({ name: 'web-2' }));
  objects.remove('pods', 'default/web-2');
  expect(page.frames).toHaveLength(1);
  clock.advance(75);
  expect(page.frames.slice(1)).toMatchObject([
    {
      type: 'delta',
      revision: 106,
      changes: {
        pods: { set: [{ key: 'default/web-1', nodeName: 'node-1', isReady: true }], gone: ['default/web-2'] },
      },
    },
  ]);
});

it('counts the endpoints of a Service over all its slices', () => {
  const { objects, hub, clock } = setUp();
  const slice = (name: string, ...conditions: { ready?: boolean; terminating?: boolean }[]) =>
    makeEndpointSlice({
      name,
      labels: { 'kubernetes.io/service-name': 'web' },
      endpoints: conditions.map((condition) => ({ addresses: ['10.0.0.1'], conditions: condition })),
    });
  objects.put('services', makeService({ name: 'web' }));
  objects.put('endpointslices.discovery.k8s.io', slice('web-1', { ready: true }, { ready: false }));
  const page = join(hub);
  expect(page.frames).toMatchObject([{ services: [{ key: 'default/web', endpoints: { ready: 1, notReady: 1 } }] }]);
  objects.put('endpointslices.discovery.k8s.io', slice('web-2', {}, { ready: false, terminating: true }));
  objects.remove('endpointslices.discovery.k8s.io', 'default/web-1');
  clock.advance(75);
  expect(page.frames[1]).toMatchObject({
    changes: { services: { set: [{ key: 'default/web', endpoints: { ready: 1, notReady: 0, terminating: 1 } }] } },
  });
  objects.remove('endpointslices.discovery.k8s.io', 'default/web-2');
  clock.advance(75);
  expect(page.frames[2]).toMatchObject({ changes: { services: { set: [{ key: 'default/web' }] } } });
  expect(page.frames[2]).not.toHaveProperty('changes.services.set.0.endpoints');
});

it('shows StatefulSets with the number of the revision that their status counts, and Jobs', () => {
  const { objects, hub, clock } = setUp();
  const status = { replicas: 0, availableReplicas: 0 };
  const set = makeStatefulSet({ name: 'db', status: { ...status, updateRevision: 'db-1' } });
  const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: set.metadata.uid, controller: true };
  const revision = (number: number) => ({
    apiVersion: 'apps/v1' as const,
    kind: 'ControllerRevision' as const,
    metadata: { ...makeJob({ name: `db-${number}` }).metadata, ownerReferences: [owner] },
    data: {},
    revision: number,
  });
  objects.put('controllerrevisions.apps', revision(1));
  objects.put('statefulsets.apps', set);
  const page = join(hub);
  expect(page.frames).toMatchObject([{ workloads: [{ key: 'StatefulSet/default/db', revision: '1' }] }]);
  objects.put('controllerrevisions.apps', revision(2));
  objects.put('jobs.batch', makeJob({ name: 'load' }));
  clock.advance(75);
  expect(page.frames[1]).toMatchObject({
    changes: {
      workloads: { set: [{ key: 'Job/default/load' }, { key: 'StatefulSet/default/db', revision: '1' }] },
    },
  });
  objects.put('statefulsets.apps', { ...set, status: { ...status, updateRevision: 'db-2' } });
  clock.advance(75);
  expect(page.frames[2]).toMatchObject({ changes: { workloads: { set: [{ revision: '2' }] } } });
  objects.put('controllerrevisions.apps', { ...revision(2), revision: 5 });
  clock.advance(75);
  expect(page.frames[3]).toMatchObject({ changes: { workloads: { set: [{ revision: '5' }] } } });
  objects.remove('statefulsets.apps', 'default/db');
  clock.advance(75);
  expect(page.frames[4]).toMatchObject({ changes: { workloads: { gone: ['StatefulSet/default/db'] } } });
});

it('replays what a page missed, and starts over where it cannot', () => {
  const { objects, hub, clock } = setUp();
  const first = join(hub);
  objects.put('pods', makePod({ name: 'web-1' }));
  clock.advance(75);
  const seen = objects.revision;
  first.leave();
  objects.put('pods', makePod({ name: 'web-2' }));
  clock.advance(1_000);
  objects.put('pods', makePod({ name: 'web-3' }));
  const resumed = join(hub, { epoch: 'e1', revision: seen });
  expect(resumed.frames).toMatchObject([
    { type: 'resumed', revision: seen },
    { type: 'delta', changes: { pods: { set: [{ key: 'default/web-2' }] } } },
    { type: 'delta', changes: { pods: { set: [{ key: 'default/web-3' }] } } },
  ]);
  expect(join(hub, { epoch: 'other', revision: seen }).frames).toMatchObject([{ type: 'snapshot' }]);
  expect(join(hub, { epoch: 'e1', revision: 3 }).frames).toMatchObject([{ type: 'snapshot' }]);
});

it('records while no page is open, a second of changes at a time', () => {
  const { objects, hub, clock, history } = setUp();
  objects.put('nodes', makeNode({ name: 'node-1' }));
  clock.advance(5_000);
  objects.put('pods', makePod({ name: 'web-1' }));
  clock.advance(500);
  objects.put('pods', makePod({ name: 'web-2' }));
  clock.advance(500);
  expect(history.summary()).toMatchObject({
    startedAt: start,
    from: start,
    buckets: [{ at: start + 5_000, births: 2 }],
  });
  const stored = history.segmentAt(clock.now());
  const { frames } = JSON.parse(stored && 'text' in stored ? stored.text : '') as FeedHistorySegment;
  expect(frames.map((frame) => frame.type).sort()).toEqual(['delta', 'delta', 'snapshot', 'tick', 'tick', 'tick']);
  hub.close();
  expect(objects.subscriptions).toBe(0);
  expect(clock.pendingTimers).toBe(0);
});

it('gives up a page that does not read', () => {
  const { objects, hub, clock } = setUp();
  const slow = join(hub);
  const good = join(hub);
  slow.bufferedBytes = 17 * 1024 * 1024;
  objects.put('pods', makePod({ name: 'web-1' }));
  clock.advance(75);
  expect(slow.closed).toEqual([4408]);
  expect(slow.frames).toHaveLength(1);
  expect(good.frames).toHaveLength(2);
});

it('ticks with heartbeats every second and with each usage sample once', () => {
  const { objects, hub, clock, usage } = setUp();
  objects.put('nodes', makeNode({ name: 'node-1' }));
  const page = join(hub);
  usage.set('node-1', { at: '2026-11-21T12:00:01Z', cpuMilli: 120, memoryBytes: 5, pods: [] });
  clock.advance(1_000);
  clock.advance(1_000);
  expect(page.frames.slice(1)).toEqual([
    { type: 'tick', at: start + 1000, heartbeats: { 'node-1': start + 900 }, usage: { 'node-1': usage.get('node-1') } },
    { type: 'tick', at: start + 2000, heartbeats: { 'node-1': start + 1900 } },
  ]);
});

it('starts with the newest events only, oldest first', () => {
  const { objects, hub } = setUp();
  for (let i = 0; i < 620; i++) {
    const at = new Date(start + i * 1000).toISOString();
    objects.put('events', { ...makeEvent({ name: `e${i}` }), lastTimestamp: at });
  }
  const [snapshot] = join(hub).frames;
  const events = snapshot?.type === 'snapshot' ? snapshot.events : [];
  expect([events.length, events[0]?.key, events.at(-1)?.key]).toEqual([500, 'default/e120', 'default/e619']);
});

function setUp() {
  const objects = new FakeObjects();
  const clock = new FakeClock(start);
  const usage = new Map<string, NodeUsage>();
  const history = new FeedHistory({
    epoch: 'e1',
    clock,
    logger: silentLogger,
    compress: async (text) => new TextEncoder().encode(text),
  });
  const hub = new FeedHub({
    history,
    objects,
    clock,
    logger: silentLogger,
    epoch: 'e1',
    usage: { latest: () => usage, lastSeen: () => clock.now() - 100 },
    cluster: { name: 'test', version: 'v1.36.0', settings: { nodeGraceSeconds: 4, defaultTolerationSeconds: 1 } },
  });
  hub.start();
  return { objects, clock, usage, hub, history };
}

function join(hub: FeedHub, last?: { epoch: string; revision: number }) {
  const page = {
    role: 'admin' as const,
    bufferedBytes: 0,
    frames: [] as FeedFrame[],
    closed: [] as number[],
    send: (text: string) => void page.frames.push(JSON.parse(text) as FeedFrame),
    close: (code: number) => void page.closed.push(code),
    leave: () => {},
  } satisfies FeedClient & Record<string, unknown>;
  page.leave = hub.join(page, last);
  return page;
}

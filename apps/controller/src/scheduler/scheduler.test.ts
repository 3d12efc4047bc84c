import { ApiError, type Pod } from '@gantry/api-types';
import { makeNode, makePod } from '@gantry/api-types/testing';
import type { Logger } from '@gantry/core';
import { FakeClock, makeClaim, makeClass, makeVolume } from '@gantry/core/testing';
import { annotations } from '@gantry/core/volumes/names';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DecisionLog } from './decision-log.ts';
import { FakeCluster } from './fake-cluster.ts';
import { type Scheduler, startScheduler } from './scheduler.ts';

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};

let cluster: FakeCluster;
let clock: FakeClock;
let decisions: DecisionLog;
let scheduler: Scheduler;

beforeEach(() => {
  cluster = new FakeCluster();
  clock = new FakeClock();
  decisions = new DecisionLog();
});

afterEach(() => scheduler.stop());

async function start(maxBindings = 64): Promise<void> {
  const { client, informers, events } = cluster;
  const defer = (callback: () => void) => queueMicrotask(callback);
  scheduler = startScheduler({ client, informers, events, clock, logger: silent, decisions, maxBindings, defer });
  await settle();
}

/** Runs what is due now and within a tenth of a second, several times over. */
async function settle(): Promise<void> {
  for (let round = 0; round < 5; round++) await clock.advanceAsync(100);
}

const pod = (name: string, options: Parameters<typeof makePod>[0] = {}) => makePod({ cpu: '1', ...options, name });
const condition = (name: string) => cluster.pod(name)?.status.conditions?.find((each) => each.type === 'PodScheduled');

describe('the scheduler', () => {
  it('binds pods that exist already and pods that come, and says so', async () => {
    cluster.put(makeNode({ name: 'node-1' }));
    cluster.put(pod('a'));
    await start();
    cluster.put(pod('b'));
    await settle();
    expect(cluster.placements).toEqual({ a: 'node-1', b: 'node-1' });
    expect(cluster.recorded).toContainEqual({
      about: 'a',
      type: 'Normal',
      reason: 'Scheduled',
      message: 'Successfully assigned default/a to node-1',
      component: 'default-scheduler',
    });
    expect(decisions.get('pod-default-a')).toMatchObject({
      outcome: 'bound',
      nodeName: 'node-1',
      attempts: 1,
      nodes: [{ nodeName: 'node-1', isFeasible: true }],
    });
  });

  it('keeps no record of pods that are gone', async () => {
    cluster.put(makeNode({ name: 'node-1', cpu: '1500m' }));
    for (const name of ['a', 'b', 'c']) cluster.put(pod(name));
    await start();
    expect(decisions.recent(9)).toHaveLength(3);
    cluster.pods.remove('default/a');
    cluster.put(pod('b', { uid: 'another-b' }));
    cluster.pods.remove('default/c');
    await settle();
    expect(decisions.recent(9).map(({ podUid }) => podUid)).toEqual(['another-b']);
  });

  it('reports a pod that fits nowhere once, and binds it when a node has room', async () => {
    cluster.put(makeNode({ name: 'node-1', cpu: '500m' }));
    cluster.put(pod('a'));
    await start();
    const message = '0/1 nodes are available: 1 Insufficient cpu. Nearest: node-1 is short of 500m cpu.';
    expect(condition('a')).toMatchObject({ status: 'False', reason: 'Unschedulable', message });
    expect(cluster.recorded).toEqual([
      { about: 'a', type: 'Warning', reason: 'FailedScheduling', message, component: 'default-scheduler' },
    ]);
    expect(decisions.get('pod-default-a')).toMatchObject({
      outcome: 'unschedulable',
      message,
      nodes: [{ refusals: [{ plugin: 'NodeResourcesFit', resource: 'cpu', need: 1000, free: 500, short: 500 }] }],
    });
    const { patches } = cluster;
    await clock.advanceAsync(120_000);
    expect(cluster.patches).toBe(patches);
    expect(cluster.recorded).toHaveLength(1);
    cluster.put(makeNode({ name: 'node-2' }));
    await settle();
    expect(cluster.placements).toEqual({ a: 'node-2' });
  });

  it('rewrites the message when the reason changes', async () => {
    cluster.put(makeNode({ name: 'node-1', cpu: '500m' }));
    cluster.put(pod('a'));
    await start();
    cluster.put(makeNode({ name: 'node-1', isUnschedulable: true }));
    await clock.advanceAsync(2000);
    expect(condition('a')?.message).toBe('0/1 nodes are available: 1 node(s) were unschedulable.');
  });

  it('uses the room that a deleted or finished pod leaves', async () => {
    cluster.put(makeNode({ name: 'node-1', cpu: '2' }));
    for (const name of ['a', 'b']) cluster.put(pod(name, { nodeName: 'node-1' }));
    cluster.put(pod('c'));
    cluster.put(pod('d'));
    await start();
    expect(cluster.placements).toMatchObject({ c: undefined, d: undefined });
    cluster.pods.remove('default/a');
    await settle();
    expect(cluster.placements).toMatchObject({ c: 'node-1', d: undefined });
    cluster.put(pod('b', { nodeName: 'node-1', phase: 'Succeeded' }));
    await settle();
    expect(cluster.placements).toMatchObject({ d: 'node-1' });
  });

  it('never overcommits a node while many bindings are under way, and bounds them', async () => {
    cluster.put(makeNode({ name: 'node-1', cpu: '30', pods: '500' }));
    cluster.put(makeNode({ name: 'node-2', cpu: '30', pods: '500' }));
    for (let index = 0; index < 100; index++) cluster.put(pod(`p${index}`));
    await start(8);
    await settle();
    const counts = Object.values(Object.groupBy(Object.values(cluster.placements), (name) => name ?? 'none'));
    expect(counts.map((names) => names?.length).sort()).toEqual([30, 30, 40]);
    expect(cluster.maxBindingsAtOnce).toBe(8);
  });

  it('places by priority', async () => {
    cluster.put(pod('low'));
    cluster.put(pod('high', { spec: { priority: 100 } }));
    await start();
    cluster.put(makeNode({ name: 'node-1', cpu: '1' }));
    await settle();
    expect(cluster.placements).toEqual({ low: undefined, high: 'node-1' });
  });

  it('leaves other schedulers’ pods, gated pods and pods being deleted alone', async () => {
    cluster.put(makeNode({ name: 'node-1' }));
    cluster.put(pod('other', { spec: { schedulerName: 'custom' } }));
    cluster.put(pod('gated', { spec: { schedulingGates: [{ name: 'wait' }] } }));
    cluster.put(pod('going', { deletionTimestamp: '2026-01-01T00:00:00Z' }));
    await start();
    expect(cluster.bindings).toEqual([]);
    expect(condition('gated')).toMatchObject({ status: 'False', reason: 'SchedulingGated' });
    expect(condition('other')).toBeUndefined();
    cluster.put(pod('gated', { spec: { schedulingGates: [] } }));
    await settle();
    expect(cluster.bindings).toEqual(['gated:node-1']);
  });
});

describe('a binding', () => {
  beforeEach(() => cluster.put(makeNode({ name: 'node-1', cpu: '1' })));

  it('that fails gives the room back and is tried again after a while', async () => {
    let failures = 2;
    cluster.onBind = () => {
      if (failures-- > 0) throw new ApiError('ServiceUnavailable', 'later');
    };
    cluster.put(pod('a'));
    await start();
    expect(cluster.placements).toEqual({ a: undefined });
    await clock.advanceAsync(1000);
    expect(cluster.placements).toEqual({ a: undefined });
    await clock.advanceAsync(2000);
    expect(cluster.placements).toEqual({ a: 'node-1' });
    expect(decisions.get('pod-default-a')).toMatchObject({ attempts: 3 });
  });

  it('that somebody else made first is accepted', async () => {
    cluster.onBind = (name) => {
      const present = cluster.pod(name);
      if (present) cluster.put({ ...present, spec: { ...present.spec, nodeName: 'node-9' } });
    };
    cluster.put(pod('a'));
    await start();
    cluster.onBind = () => undefined;
    cluster.put(pod('b'));
    await settle();
    expect(cluster.placements).toEqual({ a: 'node-9', b: 'node-1' });
  });

  it('of a pod deleted meanwhile frees its node, also for its namesake', async () => {
    let release: () => void = () => undefined;
    cluster.onBind = () => new Promise((resolve) => (release = resolve));
    cluster.put(pod('a', { uid: 'old' }));
    await start();
    cluster.pods.remove('default/a');
    cluster.onBind = () => undefined;
    cluster.put(pod('a', { uid: 'new' }));
    await settle();
    release();
    await settle();
    expect(cluster.bindings).toEqual(['a:node-1']);
    expect(cluster.pod('a')?.metadata.uid).toBe('new');
  });

  it('that ends after its node has gone leaves the books in order', async () => {
    let release: () => void = () => undefined;
    cluster.onBind = () => new Promise((resolve) => (release = resolve));
    cluster.put(pod('a'));
    await start();
    cluster.nodes.remove('node-1');
    release();
    cluster.onBind = () => undefined;
    await settle();
    cluster.put(makeNode({ name: 'node-1', cpu: '1' }));
    cluster.put(pod('b'));
    await settle();
    expect(cluster.placements).toEqual({ a: 'node-1', b: undefined });
  });
});

describe('the unschedulable condition', () => {
  it('keeps the other conditions and the time of the last transition', async () => {
    const lastTransitionTime = '2025-12-31T00:00:00Z';
    const conditions: Pod['status']['conditions'] = [
      { type: 'Custom', status: 'True' },
      { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'old', lastTransitionTime },
    ];
    cluster.put(pod('a', { status: { conditions } }));
    await start();
    expect(cluster.pod('a')?.status.conditions).toEqual([
      { type: 'Custom', status: 'True' },
      {
        type: 'PodScheduled',
        status: 'False',
        reason: 'Unschedulable',
        message: 'no nodes available to schedule pods',
        lastTransitionTime,
      },
    ]);
  });

  it('is written for thousands of equal pods from one look at the nodes', async () => {
    cluster.put(makeNode({ name: 'node-1', cpu: '100m' }));
    for (let index = 0; index < 2000; index++) cluster.put(pod(`p${index}`));
    await start();
    await settle();
    expect(cluster.patches).toBe(2000);
    expect(decisions.recent(5000)).toHaveLength(2000);
  });
});

it('stops without leaving timers or writes behind', async () => {
  cluster.put(makeNode({ name: 'node-1', cpu: '100m' }));
  cluster.put(pod('a'));
  await start();
  await scheduler.stop();
  expect(clock.pendingTimers).toBe(0);
  cluster.put(makeNode({ name: 'node-2' }));
  await clock.advanceAsync(60_000);
  expect(cluster.bindings).toEqual([]);
});

describe('a pod whose claim has no volume yet', () => {
  const withClaim = (name: string) =>
    pod(name, { spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'claim' } }] } });
  const bindClaim = () => {
    const claim = cluster.claims.lister.get('default/claim');
    if (!claim) throw new Error('no claim');
    const bound = { ...claim.metadata.annotations, [annotations.bindCompleted]: 'yes' };
    cluster.claims.put({
      ...claim,
      metadata: { ...claim.metadata, annotations: bound },
      spec: { ...claim.spec, volumeName: 'volume' },
    });
  };

  it('is bound after its claim, on the node that was chosen for the volume, and holds up no other pod', async () => {
    cluster.classes.put(makeClass());
    cluster.claims.put(makeClaim({ className: 'local' }));
    cluster.put(makeNode({ name: 'node-1' }));
    cluster.put(withClaim('a'));
    await start(1);
    const claim = () => cluster.claims.lister.get('default/claim');
    expect(claim()?.metadata.annotations?.[annotations.selectedNode]).toBe('node-1');
    cluster.put(pod('b'));
    await settle();
    expect(cluster.placements).toEqual({ a: undefined, b: 'node-1' });
    cluster.volumes.put(makeVolume({ node: 'node-1' }));
    bindClaim();
    await settle();
    expect(cluster.placements).toEqual({ a: 'node-1', b: 'node-1' });
  });

  it('is placed anew where the node cannot have the volume', async () => {
    cluster.classes.put(makeClass());
    cluster.claims.put(makeClaim({ className: 'local' }));
    cluster.put(makeNode({ name: 'node-1' }));
    cluster.put(withClaim('a'));
    await start();
    cluster.nodes.remove('node-1');
    cluster.put(makeNode({ name: 'node-2' }));
    // What the volume controller does to such a claim.
    cluster.claims.put(makeClaim({ className: 'local' }));
    await clock.advanceAsync(3_000);
    await settle();
    expect(cluster.claims.lister.get('default/claim')?.metadata.annotations?.[annotations.selectedNode]).toBe('node-2');
    expect(cluster.placements).toEqual({ a: undefined });
  });

  it('keeps a volume made by hand for it', async () => {
    cluster.classes.put(makeClass({ provisioner: 'kubernetes.io/no-provisioner' }));
    cluster.claims.put(makeClaim({ className: 'local' }));
    cluster.volumes.put(makeVolume({ className: 'local', node: 'node-2' }));
    for (const name of ['node-1', 'node-2']) cluster.put(makeNode({ name }));
    cluster.put(withClaim('a'));
    await start();
    expect(cluster.volumes.lister.get('volume')?.spec.claimRef).toMatchObject({ name: 'claim', namespace: 'default' });
    bindClaim();
    await settle();
    expect(cluster.placements).toEqual({ a: 'node-2' });
  });
});

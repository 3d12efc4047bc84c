import { ApiError, type Event, type Pod } from '@gantry/api-types';
import { makePod } from '@gantry/api-types/testing';
import type { Logger, RecordedEvent } from '@gantry/core';
import { FakeClock } from '@gantry/core/testing';
import { describe, expect, it } from 'vitest';
import { FakeCluster } from '../controllers/testing/fake-cluster.ts';
import { createEventRecorder, type EventRecorderOptions } from './event-recorder.ts';

function setUp(options: Partial<EventRecorderOptions> = {}) {
  const clock = new FakeClock();
  const cluster = new FakeCluster(clock);
  const warnings: { fields: object; message: string }[] = [];
  const logger: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: (fields, message) => warnings.push({ fields, message }),
    error: () => undefined,
    child: () => logger,
  };
  const { client, informers } = cluster;
  const recorder = createEventRecorder({ client, informers, clock, logger, ...options });
  const record = (about: Pod, change: Partial<RecordedEvent> = {}) =>
    recorder.record(about, { type: 'Normal', reason: 'Pulled', message: 'pulled', component: 'kubelet', ...change });
  const messages = () => cluster.list('events').map((event) => `${event.count} ${event.message}`);
  return { clock, cluster, recorder, record, warnings, messages };
}

const pod = makePod({ name: 'web-1' });
const pods = (count: number) => Array.from({ length: count }, (_, index) => makePod({ name: `web-${index}` }));

describe('an event', () => {
  it('has what kubectl describe and get events look for', async () => {
    const { clock, cluster, record } = setUp();
    record(pod, { host: 'node-1', fieldPath: 'spec.containers{main}' });
    await clock.advanceAsync(10);
    const [event] = cluster.list('events');
    expect(event).toMatchObject({
      involvedObject: {
        kind: 'Pod',
        namespace: pod.metadata.namespace,
        name: 'web-1',
        uid: pod.metadata.uid,
        apiVersion: 'v1',
        fieldPath: 'spec.containers{main}',
      },
      reason: 'Pulled',
      message: 'pulled',
      type: 'Normal',
      count: 1,
      source: { component: 'kubelet', host: 'node-1' },
      reportingComponent: 'kubelet',
      reportingInstance: 'node-1',
      firstTimestamp: '2026-01-01T00:00:00Z',
    });
    expect(event?.metadata.name).toMatch(/^web-1\.[0-9a-f]{16}$/);
    expect(event?.metadata.namespace).toBe(pod.metadata.namespace);
  });

  it('about a cluster-scoped object is in the default namespace', async () => {
    const { clock, cluster, recorder } = setUp();
    const { namespace: _, ...metadata } = pod.metadata;
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { ...metadata, name: 'node-1' } };
    recorder.record(node, { type: 'Normal', reason: 'NodeReady', message: 'ready', component: 'kubelet' });
    await clock.advanceAsync(10);
    expect(cluster.list('events')[0]?.metadata.namespace).toBe('default');
    expect(cluster.list('events')[0]?.involvedObject.namespace).toBeUndefined();
  });

  it('that happens again is counted, not repeated', async () => {
    const { clock, cluster, record, messages } = setUp();
    record(pod);
    await clock.advanceAsync(5_000);
    record(pod);
    record(pod);
    await clock.advanceAsync(10);
    expect(messages()).toEqual(['3 pulled']);
    expect(cluster.list('events')[0]?.lastTimestamp).toBe('2026-01-01T00:00:05Z');
  });

  it('that expired meanwhile is written anew', async () => {
    const { clock, cluster, record, messages } = setUp();
    record(pod);
    await clock.advanceAsync(10);
    const { namespace, name } = cluster.list('events')[0]?.metadata ?? { name: '' };
    await cluster.client.delete('events', namespace, name);
    record(pod);
    await clock.advanceAsync(10);
    expect(messages()).toEqual(['1 pulled']);
  });
});

describe('a storm', () => {
  it('of one object is cut off after 25 events, and trickles on', async () => {
    const { clock, record, messages } = setUp();
    for (let index = 0; index < 100; index += 1) record(pod, { reason: `Reason${index}` });
    await clock.advanceAsync(1_000);
    expect(messages()).toHaveLength(25);
    await clock.advanceAsync(300_000);
    record(pod, { reason: 'Later' });
    await clock.advanceAsync(1_000);
    expect(messages()).toHaveLength(26);
  });

  it('of warnings hides no Normal event of the same object', async () => {
    const { clock, record, messages } = setUp();
    for (let index = 0; index < 100; index += 1) record(pod, { type: 'Warning', reason: `Reason${index}` });
    record(pod, { reason: 'Done' });
    await clock.advanceAsync(1_000);
    expect(messages()).toHaveLength(26);
  });

  it('of similar messages is combined', async () => {
    const { clock, record, messages } = setUp();
    for (let index = 0; index < 15; index += 1) record(pod, { message: `try ${index}` });
    await clock.advanceAsync(1_000);
    expect(messages()).toHaveLength(11);
    expect(messages().at(-1)).toBe('5 (combined from similar events): try 14');
  });

  it('of many objects drops the oldest Normal events, keeps the Warnings, and says how many were lost', async () => {
    const { clock, cluster, record, warnings } = setUp({ maxWaiting: 10, writesPerSecond: 1 });
    for (const each of pods(5)) record(each, { type: 'Warning', reason: 'Failed' });
    for (const each of pods(40)) record(each);
    await clock.advanceAsync(120_000);
    const written = cluster.list('events');
    expect(written.filter(({ type }) => type === 'Warning')).toHaveLength(5);
    expect(written.some(({ involvedObject }) => involvedObject.name === 'web-39')).toBe(true);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.fields).toEqual({ dropped: 45 - written.length });
  });

  it('leaves no more behind than are kept, the newest', async () => {
    const { clock, cluster, record } = setUp({ maxKept: 10 });
    for (const each of pods(40)) {
      record(each);
      await clock.advanceAsync(1_000);
    }
    await clock.advanceAsync(60_000);
    const kept = cluster.list('events').map(({ involvedObject }) => involvedObject.name);
    expect(kept.toSorted()).toEqual(
      pods(40)
        .slice(30)
        .map(({ metadata }) => metadata.name),
    );
  });

  it('is written at a pace that leaves room for others', async () => {
    const { clock, cluster, record } = setUp({ writesPerSecond: 10 });
    for (const each of pods(100)) record(each);
    await clock.advanceAsync(1_000);
    expect(cluster.list('events').length).toBeLessThanOrEqual(20);
    await clock.advanceAsync(10_000);
    expect(cluster.list('events')).toHaveLength(100);
  });
});

it('gives up on an event that the API refuses, and goes on with the next', async () => {
  const { clock, cluster, record, warnings, messages } = setUp();
  cluster.onWrite = () => {
    throw new ApiError('Invalid', 'no');
  };
  record(pod, { message: 'refused' });
  await clock.advanceAsync(10);
  cluster.onWrite = () => undefined;
  record(pod, { message: 'accepted' });
  await clock.advanceAsync(10);
  expect(messages()).toEqual(['1 accepted']);
  expect(warnings).toHaveLength(1);
});

it('deletes events an hour after they last happened', async () => {
  const { clock, cluster, record } = setUp();
  record(pod, { reason: 'Once' });
  record(pod, { reason: 'Often' });
  await clock.advanceAsync(50 * 60_000);
  record(pod, { reason: 'Often' });
  await clock.advanceAsync(15 * 60_000);
  expect(cluster.list('events').map((event: Event) => event.reason)).toEqual(['Often']);
});

it('stops without leaving a timer behind', async () => {
  const { clock, recorder, record } = setUp({ writesPerSecond: 1, maxWaiting: 5 });
  for (const each of pods(20)) record(each);
  await clock.advanceAsync(100);
  await recorder.stop();
  expect(clock.pendingTimers).toBe(0);
});

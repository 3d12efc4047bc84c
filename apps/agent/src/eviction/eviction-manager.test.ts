import type { Observations } from '@gantry/core/eviction/signals';
import { expect, it } from 'vitest';
import { type FakeNode, fakeImage, startFakeNode } from '../testing/fake-node.ts';
import { makePod } from '../testing/make-pod.ts';

const mebi = 1024 * 1024;
const gibi = 1024 * mebi;
const everyMs = 10_000;

/** What there is to see, as the test changes it. */
async function startNode(seen: { current: Observations }): Promise<FakeNode> {
  return startFakeNode({ observe: async () => seen.current, relistMs: 3_600_000 });
}

const conditionsOf = (node: FakeNode) =>
  node.manager.conditions.filter(({ status }) => status === 'True').map(({ type }) => type);

it('evicts one pod at a time, the greediest first, with the kubelet’s message, event and condition', async () => {
  const seen: { current: Observations } = { current: {} };
  await using node = await startNode(seen);
  const [a, b] = [makePod({ name: 'a' }), makePod({ name: 'b' })];
  for (const pod of [a, b]) await node.runPod(pod);
  node.runtime.written.set(node.newest(a), 5 * mebi);
  node.runtime.written.set(node.newest(b), 50 * mebi);
  expect(conditionsOf(node)).toEqual([]);
  seen.current = { 'nodefs.available': { capacity: 100 * gibi, available: 9 * gibi } };
  await node.clock.advanceAsync(everyMs);
  await node.until('b was evicted', () => node.status(b).phase === 'Failed');
  const message =
    'The node was low on resource: ephemeral-storage. Threshold quantity: 10Gi, available: 9Gi. ' +
    'Container main was using 50Mi, request is 0, has larger consumption of ephemeral-storage. ';
  expect(node.status(b)).toMatchObject({ reason: 'Evicted', message });
  expect(node.status(b).conditions).toContainEqual(
    expect.objectContaining({ type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet', message }),
  );
  expect(node.api.events).toContainEqual(expect.objectContaining({ reason: 'Evicted', message }));
  expect(node.api.nodeEvents).toContainEqual(
    expect.objectContaining({ reason: 'EvictionThresholdMet', message: 'Attempting to reclaim ephemeral-storage' }),
  );
  expect(conditionsOf(node)).toEqual(['DiskPressure']);
  expect(node.status(a).phase).toBe('Running');
  seen.current = {};
  await node.clock.advanceAsync(2 * everyMs);
  expect(node.status(a).phase).toBe('Running');
  // The condition stays for the transition period.
  expect(conditionsOf(node)).toEqual(['DiskPressure']);
  await node.clock.advanceAsync(300_000);
  expect(conditionsOf(node)).toEqual([]);
});

it('removes images that nothing uses before any pod goes', async () => {
  const full = { 'imagefs.available': { capacity: 100 * gibi, available: 1 * gibi } };
  const seen: { current: Observations } = { current: {} };
  const unused = { isThere: true };
  await using node = await startFakeNode({
    relistMs: 3_600_000,
    imageGarbage: { removesForeign: true },
    observe: async () => (unused.isThere ? seen.current : {}),
  });
  node.runtime.addImage('unused:1');
  const remove = node.runtime.removeImage.bind(node.runtime);
  node.runtime.removeImage = async (name) => {
    unused.isThere = false;
    await remove(name);
  };
  const pod = makePod();
  await node.runPod(pod);
  seen.current = full;
  await node.clock.advanceAsync(everyMs);
  await node.until('it looked', () => conditionsOf(node).length > 0);
  await node.clock.advanceAsync(everyMs);
  expect(await node.runtime.inspectImage('unused:1')).toBeUndefined();
  expect(await node.runtime.inspectImage(fakeImage)).toBeDefined();
  expect(node.status(pod).phase).toBe('Running');
});

it('does not begin to run BestEffort pods while memory is short', async () => {
  const short = { 'allocatableMemory.available': { capacity: gibi, available: 10 * mebi } };
  await using node = await startNode({ current: short });
  const refused = makePod({ name: 'refused' });
  node.api.putPod(refused);
  await node.until('it was refused', () => node.status(refused).phase === 'Failed');
  expect(node.status(refused)).toMatchObject({
    reason: 'Evicted',
    message: 'The node had condition: [MemoryPressure]. ',
  });
  expect(node.status(refused).containerStatuses).toBeUndefined();
  const resources = { requests: { memory: '64Mi' } };
  const asking = makePod({ name: 'asking', spec: { priority: 2_000_000_000 }, container: { resources } });
  await node.runPod(asking);
});

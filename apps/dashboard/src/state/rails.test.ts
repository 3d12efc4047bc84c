import type { FeedPod } from '@gantry/api-types/feed';
import { expect, it } from 'vitest';
import { feedNode, feedPod } from '../testing/feed-objects.ts';
import { allocatableEnd, nodeRails, type Rail, railShares, sumRails } from './rails.ts';

const Mi = 1024 * 1024;
const node = feedNode('node-1', {
  allocatable: { cpuMilli: 4000, memoryBytes: 1000 * Mi, pods: 110 },
  capacity: { cpuMilli: 4200, memoryBytes: 1200 * Mi },
});

it('sums requests and limits of pods that have not ended, against allocatable', () => {
  const pods = [
    feedPod('a', {
      requests: { cpuMilli: 250, memoryBytes: 64 * Mi },
      limits: { cpuMilli: 500, memoryBytes: 128 * Mi },
    }),
    feedPod('b', {
      requests: { cpuMilli: 1, memoryBytes: 1 },
      limits: { cpuMilli: 6000, memoryBytes: 0 },
      phase: 'Running',
    }),
    feedPod('c', { requests: { cpuMilli: 3000, memoryBytes: 500 * Mi }, phase: 'Succeeded' }),
    feedPod('d', { requests: { cpuMilli: 3000, memoryBytes: 500 * Mi }, phase: 'Failed' }),
  ];
  expect(nodeRails(node, pods, { at: '', cpuMilli: 90, memoryBytes: 7, pods: [] })).toEqual({
    cpu: { requested: 251, limits: 6500, used: 90, allocatable: 4000, capacity: 4200 },
    memory: { requested: 64 * Mi + 1, limits: 128 * Mi, used: 7, allocatable: 1000 * Mi, capacity: 1200 * Mi },
    podCount: 2,
    podCapacity: 110,
  });
});

it('counts pods that are being deleted: their containers still run', () => {
  const leaving: Partial<FeedPod> = { deletedAt: '2026-11-21T12:00:00Z', requests: { cpuMilli: 100, memoryBytes: 0 } };
  expect(nodeRails(node, [feedPod('a', leaving)], undefined).cpu.requested).toBe(100);
});

it('does not claim a use it was not told', () => {
  const known = nodeRails(node, [], { at: '', cpuMilli: 90, memoryBytes: 7, pods: [] });
  const unknown = nodeRails(node, [], undefined);
  expect(unknown.cpu.used).toBeUndefined();
  expect(sumRails([unknown, unknown]).cpu.used).toBeUndefined();
  expect(sumRails([known, unknown])).toMatchObject({ cpu: { used: 90, allocatable: 8000 }, podCapacity: 220 });
});

it('is told of one node by what is on it, and of the cluster by all', () => {
  const other = feedNode('node-2');
  const pod = feedPod('a', { requests: { cpuMilli: 100, memoryBytes: 0 } });
  const one = nodeRails(node, [pod], undefined);
  expect(one.cpu.requested).toBe(100);
  expect(sumRails([one, nodeRails(other, [pod, pod], undefined)]).cpu.requested).toBe(300);
});

it('draws nothing past the end of a bar, however much is used or promised', () => {
  const rail: Rail = { requested: 5000, limits: 64_000, used: 12_000, allocatable: 4000, capacity: 4200 };
  const shares = railShares(rail);
  expect([shares.used, shares.requested, shares.limits]).toEqual([1, 1, 1]);
  expect(shares.isOver).toBe(true);
  expect(shares.capacity).toBeCloseTo(1.05 * allocatableEnd);
  expect(railShares({ ...rail, used: undefined, requested: 4000, limits: 0 })).toMatchObject({
    used: 0,
    requested: allocatableEnd,
    isOver: false,
  });
});

it('has an empty bar for a node that has reported nothing yet', () => {
  const shares = railShares({ requested: 100, limits: 0, used: undefined, allocatable: 0, capacity: 0 });
  expect(shares).toMatchObject({ requested: 0, used: 0, capacity: allocatableEnd });
});

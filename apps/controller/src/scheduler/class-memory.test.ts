import { queryObjects } from 'node:v8';
import { makeNode, makePod } from '@gantry/api-types/testing';
import { ClusterSnapshot, PodScheduler } from '@gantry/core';
import { FitColumns } from '@gantry/core/scheduler/fit-columns';
import { expect, it } from 'vitest';

it('forgets what it knew of the kinds of pods that are gone', async () => {
  const snapshot = new ClusterSnapshot();
  snapshot.setNode(makeNode({ name: 'n1' }));
  const scheduler = new PodScheduler(snapshot);
  const kept = snapshot.factory.parse(makePod({ uid: 'kept' }));
  for (let number = 1; number <= 1_500; number += 1) {
    const labels = { 'pod-template-hash': String(number) };
    const pod = snapshot.factory.parse(makePod({ uid: `pod-${number}`, labels, cpu: `${number}m` }));
    expect(scheduler.schedule(pod).outcome).toBe('feasible');
    snapshot.assume(pod, 'n1');
    snapshot.removePod(pod.uid);
  }
  // The question has the memory cleared first.
  const columns = () => queryObjects(FitColumns, { format: 'count' });
  expect(columns()).toBeLessThanOrEqual(1_001);
  await expect
    .poll(() => (columns() > 0 ? snapshot.factory.classCount : undefined), { timeout: 10_000 })
    .toBeLessThan(1_500);
  expect(scheduler.schedule(kept).outcome).toBe('feasible');
  expect(snapshot.factory.parse(makePod({ uid: 'alike' })).fit).toBe(kept.fit);
}, 20_000);

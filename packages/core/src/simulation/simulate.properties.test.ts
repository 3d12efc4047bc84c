import type { SimulationChange } from '@gantry/api-types';
import { makeDaemonSet, makeNode, makePod } from '@gantry/api-types/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { deploymentOf, makeSimulationSource } from '../testing/index.ts';
import { nodeTotals } from './answer.ts';
import { runToEnd, simulate } from './simulate.ts';

const names = ['a', 'b', 'c'];
const node = fc.constantFrom(...names);
const workload = fc.constantFrom('app-0', 'app-1').map((name) => ({ kind: 'Deployment', name }) as const);

const change: fc.Arbitrary<SimulationChange> = fc.oneof(
  fc.record({ type: fc.constant('scale' as const), workload, replicas: fc.integer({ min: 0, max: 12 }) }),
  fc.record({ type: fc.constant('drainNode' as const), node }),
  fc.record({ type: fc.constant('cordonNode' as const), node, unschedulable: fc.boolean() }),
  fc.record({
    type: fc.constant('addNodes' as const),
    count: fc.integer({ min: 1, max: 2 }),
    cpu: fc.constantFrom('1', '2'),
    memory: fc.constant('2Gi'),
  }),
  fc.record({
    type: fc.constant('setRequests' as const),
    workload,
    requests: fc.integer({ min: 1, max: 10 }).map((tenths) => ({ cpu: `${tenths * 100}m` })),
    inPlace: fc.boolean(),
  }),
);

const clusters = fc.record({
  changes: fc.array(change, { maxLength: 4 }),
  places: fc.tuple(
    fc.array(fc.option(node, { nil: undefined }), { maxLength: 5 }),
    fc.array(fc.option(node, { nil: undefined }), { maxLength: 5 }),
  ),
  lost: fc.option(node, { nil: undefined }),
});

it('never overbooks, counts every pod once, and leaves the real state alone', () => {
  fc.assert(
    fc.property(clusters, ({ changes, places, lost }) => {
      const source = makeSimulationSource([
        ...names.map((name) => makeNode({ name, cpu: '2', memory: '4Gi' })),
        makeDaemonSet({ name: 'log', cpu: '50m' }),
        makePod({ name: 'bare', cpu: '100m', nodeName: 'a', isReady: true }),
        ...places.flatMap((on, index) => deploymentOf({ name: `app-${index}`, cpu: '300m', memory: '64Mi', on })),
      ]);
      const before = JSON.stringify([...nodeTotals(source.snapshot)]);
      const all: SimulationChange[] = [...changes, ...(lost ? [{ type: 'removeNode' as const, node: lost }] : [])];
      const { status } = runToEnd(simulate(source, { changes: all }));
      expect(JSON.stringify([...nodeTotals(source.snapshot)])).toBe(before);
      for (const { name, after, before: then, allocatable, change: kind } of status.nodes) {
        const isOver = then.cpuMilli > allocatable.cpuMilli;
        if (kind !== 'removed' && !isOver) expect(after.cpuMilli, name).toBeLessThanOrEqual(allocatable.cpuMilli);
        if (kind === 'removed') expect(after.pods).toBe(0);
      }
      const { placed, waiting } = status.counts;
      expect(status.placements).toHaveLength(placed);
      expect(status.waits.reduce((sum, { count }) => sum + count, 0)).toBe(waiting);
      expect(new Set(status.placements.map(({ pod }) => pod)).size).toBe(placed);
      if (lost) expect(status.placements.filter(({ nodeName }) => nodeName === lost)).toEqual([]);
      for (const { name, replicas, fitting, waiting: left } of status.workloads) {
        expect(fitting + left, name).toBe(replicas);
        const wanted = all.findLast((one) => one.type === 'scale' && one.workload.name === name);
        if (wanted?.type === 'scale') expect(replicas).toBe(wanted.replicas);
      }
    }),
    { numRuns: 200 },
  );
});

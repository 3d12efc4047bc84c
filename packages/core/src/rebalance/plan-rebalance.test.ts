import type { KubernetesObject, RebalancePlanSpec } from '@gantry/api-types';
import { makeDaemonSet, makeJob, makeNode, makePod } from '@gantry/api-types/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { controllerReference } from '../reconcile/owner-references.ts';
import { runToEnd } from '../simulation/simulate.ts';
import { deploymentOf, makeSimulationSource } from '../testing/index.ts';
import { imbalanceOf } from './balance.ts';
import { planRebalance } from './plan-rebalance.ts';

function plan(objects: readonly KubernetesObject[], spec: RebalancePlanSpec = {}) {
  return runToEnd(planRebalance(makeSimulationSource(objects), spec));
}

const node = (name: string, extra: object = {}) => makeNode({ name, cpu: '2', memory: '4Gi', ...extra });
const web = (on: string[], name = 'web') => deploymentOf({ name, cpu: '400m', memory: '512Mi', on });

describe('a rebalance', () => {
  it('moves pods from full nodes to where the scheduler would put them', () => {
    const { moves, spread, summary } = plan([node('a'), node('b'), ...web(['a', 'a', 'a', 'a'])]);
    expect(moves.map(({ from, to }) => `${from}-${to}`)).toEqual(['a-b', 'a-b']);
    expect(spread.after).toBeCloseTo(0);
    expect(summary[0]).toBe('moving 2 pods would bring the fullest and the emptiest node from 65 % to 0 % apart');
  });

  it('leaves alone what is even enough, and says which nodes could be emptied', () => {
    const even = plan([node('a'), node('b'), node('c'), ...web(['a', 'b'])]);
    expect(even.moves).toEqual([]);
    // c is empty; a goes to c or b.
    expect(even.emptiable).toContain('c');
    expect(even.summary[0]).toMatch(/^no move would make the nodes' shares more even/);
  });

  it('keeps daemons, bare pods, Jobs, only replicas, local data and what is marked', () => {
    const daemonSet = makeDaemonSet({ name: 'log' });
    const job = makeJob({ name: 'job' });
    const owned = (name: string, owner: KubernetesObject) =>
      makePod({ name, cpu: '300m', nodeName: 'a', isReady: true, ownerReferences: [controllerReference(owner)] });
    const objects = [
      node('a'),
      node('b'),
      daemonSet,
      job,
      owned('daemon', daemonSet),
      owned('work', job),
      makePod({ name: 'bare', cpu: '300m', nodeName: 'a', isReady: true }),
      ...web(['a'], 'only'),
      ...deploymentOf({
        name: 'data',
        cpu: '100m',
        on: ['a', 'a'],
        template: { volumes: [{ name: 'd', emptyDir: {} }] },
      }),
    ];
    expect(plan(objects).moves).toEqual([]);
    const { moves, stays } = plan(objects, { emptyNode: 'a' });
    expect(moves.map(({ pod }) => pod.split('-')[0])).toEqual(['default/only']);
    expect(stays.map(({ reason }) => reason)).toEqual([
      'a bare pod: nobody makes it anew',
      'a pod of a Job: its work would start over',
      'what is in its emptyDir volumes would be lost',
      'what is in its emptyDir volumes would be lost',
    ]);
  });

  it('empties a node as far as others have room', () => {
    const objects = [node('a'), node('b'), ...web(['a', 'a', 'b', 'b', 'b', 'b'])];
    const { moves, stays } = plan(objects, { emptyNode: 'a' });
    expect(moves).toHaveLength(1);
    expect(stays).toHaveLength(1);
    expect(stays[0]?.reason).toContain('Insufficient cpu');
    expect(() => plan(objects, { emptyNode: 'z' })).toThrow('nodes "z" not found');
  });
});

describe('whatever the cluster', () => {
  const names = ['a', 'b', 'c', 'd'];
  const clusters = fc
    .record({
      cordoned: fc.subarray(names),
      tainted: fc.subarray(names),
      workloads: fc.array(
        fc.record({
          cpu: fc.integer({ min: 1, max: 12 }),
          memory: fc.integer({ min: 1, max: 12 }),
          on: fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 6 }),
          isApart: fc.boolean(),
        }),
        { maxLength: 6 },
      ),
      maxMoves: fc.integer({ min: 1, max: 6 }),
    })
    .map(({ cordoned, tainted, workloads, maxMoves }) => ({
      maxMoves,
      objects: [
        ...names.map((name) =>
          node(name, {
            isUnschedulable: cordoned.includes(name),
            ...(tainted.includes(name) ? { taints: [{ key: 'own', effect: 'NoSchedule' }] } : {}),
          }),
        ),
        ...workloads.flatMap(({ cpu, memory, on, isApart }, index) => {
          const name = `app-${index}`;
          const labelSelector = { matchLabels: { app: name } };
          const term = { topologyKey: 'kubernetes.io/hostname', labelSelector };
          const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
          const places = isApart ? [...new Set(on)] : on;
          const template = isApart ? { affinity } : {};
          return deploymentOf({ name, cpu: `${cpu * 50}m`, memory: `${memory * 64}Mi`, on: places, template });
        }),
      ],
    }));

  it('never makes the balance worse, moves nothing to a closed node, and no more than it may', () => {
    fc.assert(
      fc.property(clusters, ({ objects, maxMoves }) => {
        const source = makeSimulationSource(objects);
        const before = imbalanceOf(source.snapshot);
        const { moves, nodes } = runToEnd(planRebalance(source, { maxMoves }));
        expect(moves.length).toBeLessThanOrEqual(maxMoves);
        expect(new Set(moves.map(({ podUid }) => podUid)).size).toBe(moves.length);
        // Carried out by hand on the real state.
        for (const { podUid, to } of moves) {
          const info = source.snapshot.placed(podUid)?.pod;
          const target = source.snapshot.node(to);
          expect(target?.isUnschedulable).toBe(false);
          expect(target?.taints).toEqual([]);
          if (info) source.snapshot.setPod({ ...info, nodeName: to });
        }
        expect(imbalanceOf(source.snapshot)).toBeLessThanOrEqual(before + 1e-9);
        for (const { name, after, allocatable } of nodes.filter(
          ({ before: then, allocatable: all }) => then.cpuMilli <= all.cpuMilli,
        )) {
          expect(after.cpuMilli, name).toBeLessThanOrEqual(allocatable.cpuMilli);
        }
      }),
      { numRuns: 150 },
    );
  });
});

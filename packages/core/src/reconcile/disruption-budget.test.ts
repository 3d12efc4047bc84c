import type { OwnerReference, Pod, PodDisruptionBudget } from '@gantry/api-types';
import { describe, expect, it } from 'vitest';
import { formatTime } from '../lib/timestamp.ts';
import { type ControllerScale, planDisruptionBudget } from './disruption-budget.ts';
import { grantEviction, letsUnhealthyGo, refusalOf } from './eviction.ts';
import { startMs, testPod, testReplicaSet } from './test-builders.ts';

const owner = testReplicaSet();

function budgetOf(
  spec: PodDisruptionBudget['spec'],
  status: Partial<PodDisruptionBudget['status']> = {},
): PodDisruptionBudget {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'b',
      resourceVersion: '1',
      creationTimestamp: '',
      generation: 2,
    },
    spec,
    status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0, ...status },
  };
}

/** `healthy` ready pods and `ill` others, all of the one ReplicaSet. */
function podsOf(healthy: number, ill = 0): Pod[] {
  return Array.from({ length: healthy + ill }, (_, i) =>
    testPod({ name: `web-${i}`, owner, ...(i < healthy ? { readySinceMs: startMs } : { phase: 'Running' }) }),
  );
}

function plan(
  budget: PodDisruptionBudget,
  pods: readonly Pod[],
  options: { scale?: ControllerScale; nowMs?: number } = {},
) {
  const { nowMs = startMs } = options;
  const scaleOf = ({ uid }: OwnerReference): ControllerScale =>
    'scale' in options ? options.scale : { uid, replicas: pods.length };
  return planDisruptionBudget({ budget, pods, scaleOf, nowMs });
}

describe('a disruption budget', () => {
  it.each([
    // spec, healthy, ill, replicas wanted: allowed, desired, expected
    [{ minAvailable: 2 }, 3, 0, 3, [1, 2, 3]],
    [{ minAvailable: 3 }, 3, 0, 3, [0, 3, 3]],
    [{ minAvailable: 5 }, 3, 0, 3, [0, 5, 3]],
    [{ minAvailable: 0 }, 3, 0, 3, [3, 0, 3]],
    [{ minAvailable: '50%' }, 3, 0, 3, [1, 2, 3]],
    [{ minAvailable: '100%' }, 3, 0, 3, [0, 3, 3]],
    [{ minAvailable: '0%' }, 3, 0, 3, [3, 0, 3]],
    [{ minAvailable: '28%' }, 4, 0, 4, [2, 2, 4]],
    [{ maxUnavailable: 1 }, 3, 0, 3, [1, 2, 3]],
    [{ maxUnavailable: 1 }, 2, 1, 3, [0, 2, 3]],
    // Of what is wanted, not of what is there: a rollout's surplus is no licence, and a lack counts.
    [{ maxUnavailable: 1 }, 3, 0, 5, [0, 4, 5]],
    [{ maxUnavailable: 5 }, 3, 0, 3, [3, 0, 3]],
    [{ maxUnavailable: '30%' }, 10, 0, 10, [3, 7, 10]],
    [{ maxUnavailable: '34%' }, 3, 0, 3, [2, 1, 3]],
    [{ maxUnavailable: 0 }, 3, 0, 3, [0, 3, 3]],
    [{}, 3, 0, 3, [0, 0, 0]],
  ])('%j with %i healthy and %i other pods of %i', (spec, healthy, ill, replicas, expected) => {
    const { status } = plan(budgetOf(spec), podsOf(healthy, ill), { scale: { uid: owner.metadata.uid, replicas } });
    expect([status.disruptionsAllowed, status.desiredHealthy, status.expectedPods]).toEqual(expected);
    expect(status.currentHealthy).toBe(healthy);
    expect(status.observedGeneration).toBe(2);
    const [condition] = status.conditions ?? [];
    expect(condition).toMatchObject(
      status.disruptionsAllowed > 0
        ? { type: 'DisruptionAllowed', status: 'True', reason: 'SufficientPods' }
        : { type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' },
    );
  });

  it('counts each controller of its pods once', () => {
    const other = testReplicaSet({}, 'other');
    const pods = [...podsOf(2), testPod({ name: 'x', owner: other, readySinceMs: startMs })];
    const { status } = planDisruptionBudget({
      budget: budgetOf({ maxUnavailable: '50%' }),
      pods,
      scaleOf: ({ uid }) => ({ uid, replicas: uid === other.metadata.uid ? 1 : 3 }),
      nowMs: startMs,
    });
    expect(status).toMatchObject({ expectedPods: 4, desiredHealthy: 2, currentHealthy: 3, disruptionsAllowed: 1 });
  });

  it('allows nothing where it cannot know how many pods are wanted, and says why', () => {
    const before = budgetOf({ maxUnavailable: 1 }, { disruptionsAllowed: 2, currentHealthy: 3 });
    const problem = 'jobs.batch does not implement the scale subresource';
    const { status, events } = plan(before, podsOf(3), { scale: { problem } });
    expect(status.disruptionsAllowed).toBe(0);
    expect(status.conditions?.[0]).toMatchObject({ status: 'False', reason: 'SyncFailed', message: problem });
    expect(events).toMatchObject([{ type: 'Warning', reason: 'CalculateExpectedPodCountFailed' }]);
    expect(plan(before, podsOf(1), { scale: undefined }).status.conditions?.[0]?.message).toBe(
      'found no controllers for pod "web-0"',
    );
    // A whole number of pods needs no controller.
    expect(plan(budgetOf({ minAvailable: 1 }), podsOf(3), { scale: undefined }).status.disruptionsAllowed).toBe(2);
  });

  it('warns of pods without a controller, which it cannot count', () => {
    const bare = testPod({ name: 'bare', readySinceMs: startMs });
    expect(plan(budgetOf({ maxUnavailable: 1 }), [bare]).events).toMatchObject([{ reason: 'UnmanagedPods' }]);
    expect(plan(budgetOf({ minAvailable: 1 }), [bare]).events).toEqual([]);
    expect(plan(budgetOf({ minAvailable: 1 }), []).events).toMatchObject([{ type: 'Normal', reason: 'NoPods' }]);
  });

  it('does not count a pod whose eviction was granted, for two minutes', () => {
    const disruptedPods = { 'web-0': formatTime(startMs), gone: formatTime(startMs) };
    const budget = budgetOf({ minAvailable: 1 }, { disruptedPods });
    const early = plan(budget, podsOf(3), { nowMs: startMs + 119_000 });
    expect(early.status).toMatchObject({
      currentHealthy: 2,
      disruptionsAllowed: 1,
      disruptedPods: { 'web-0': formatTime(startMs) },
    });
    expect(early.status.disruptedPods).not.toHaveProperty('gone');
    expect(early.recheckAfterMs).toBe(1000);
    const late = plan(budget, podsOf(3), { nowMs: startMs + 120_000 });
    expect(late.status).toMatchObject({ currentHealthy: 3, disruptionsAllowed: 2 });
    expect(late.status.disruptedPods).toBeUndefined();
    expect(late.recheckAfterMs).toBeUndefined();
    expect(late.events).toMatchObject([
      { reason: 'NotDeleted', message: "Pod was expected by PDB default/web to be deleted but it wasn't" },
    ]);
  });

  it('does not count pods that are being deleted', () => {
    const leaving = testPod({ name: 'web-9', owner, readySinceMs: startMs, isLeaving: true });
    const budget = budgetOf({ minAvailable: 1 }, { disruptedPods: { 'web-9': formatTime(startMs) } });
    const { status } = plan(budget, [...podsOf(2), leaving]);
    expect(status).toMatchObject({ currentHealthy: 2, expectedPods: 3 });
    expect(status.disruptedPods).toBeUndefined();
  });

  it('notes when its allowance began, not when it was last looked at', () => {
    const first = plan(budgetOf({ minAvailable: 1 }), podsOf(2));
    const again = plan(budgetOf({ minAvailable: 1 }, first.status), podsOf(2), { nowMs: startMs + 60_000 });
    expect(again.status).toEqual(first.status);
    const flipped = plan(budgetOf({ minAvailable: 1 }, first.status), podsOf(1), { nowMs: startMs + 60_000 });
    expect(flipped.status.conditions?.[0]).toMatchObject({
      status: 'False',
      lastTransitionTime: formatTime(startMs + 60_000),
    });
  });
});

describe('an eviction', () => {
  const settled = { observedGeneration: 2, currentHealthy: 2, desiredHealthy: 2 };

  it.each([
    [
      { ...settled, observedGeneration: 1, disruptionsAllowed: 1 },
      'The disruption budget web is still being processed by the server.',
    ],
    [settled, 'The disruption budget web needs 2 healthy pods and has 2 currently'],
    [
      {
        ...settled,
        conditions: [
          { type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message: 'why', lastTransitionTime: '' },
        ],
      },
      'The disruption budget web does not allow evicting pods currently because it failed sync: why',
    ],
  ])('is refused by a budget with %j', (status, cause) => {
    const refusal = refusalOf(budgetOf({}, status));
    expect(refusal?.code).toBe(429);
    expect(refusal?.message).toBe("Cannot evict pod as it would violate the pod's disruption budget.");
    expect(refusal?.details?.causes).toEqual([{ reason: 'DisruptionBudget', message: cause }]);
  });

  it('is counted by the budget that grants it', () => {
    const budget = budgetOf({}, { ...settled, currentHealthy: 3, disruptionsAllowed: 1 });
    expect(refusalOf(budget)).toBeUndefined();
    const status = grantEviction(budget, 'web-1', startMs);
    expect(status).toMatchObject({ disruptionsAllowed: 0, disruptedPods: { 'web-1': formatTime(startMs) } });
    expect(status.conditions?.[0]).toMatchObject({ status: 'False', reason: 'InsufficientPods' });
    expect(refusalOf({ ...budget, status })?.code).toBe(429);
  });

  it.each([
    // policy, healthy, desired: may an unhealthy pod go uncounted
    [undefined, 2, 2, true],
    ['IfHealthyBudget', 1, 2, false],
    ['IfHealthyBudget', 0, 0, false],
    ['AlwaysAllow', 0, 2, true],
  ])(
    'of a pod that is not ready, with policy %s and %i of %i healthy: %s',
    (policy, currentHealthy, desiredHealthy, expected) => {
      const budget = budgetOf(policy ? { unhealthyPodEvictionPolicy: policy } : {}, { currentHealthy, desiredHealthy });
      expect(letsUnhealthyGo(budget, testPod({ phase: 'Running' }))).toBe(expected);
      expect(letsUnhealthyGo(budget, testPod({ readySinceMs: startMs }))).toBe(false);
    },
  );
});

import { makePod } from '@gantry/api-types/testing';
import { expect, it } from 'vitest';
import { drainEffect, planDrain } from './drain-plan.ts';

const none = { takesBarePods: false, takesLocalData: false };
const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1', uid: 'rs', controller: true }];
const running = { nodeName: 'node-1', isReady: true, labels: { app: 'web' }, ownerReferences };
const budget = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: {
    name: 'web',
    namespace: 'default',
    uid: 'b',
    creationTimestamp: '2026-11-21T12:00:00Z',
    resourceVersion: '1',
  },
  spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
  status: { disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 },
} as const;

it('evicts what is in the way, and says how many a budget holds for now', () => {
  const pods = [makePod({ ...running, name: 'a' }), makePod({ ...running, name: 'b' })];
  const plan = planDrain({ pods, budgets: [budget] }, none);
  expect(plan.evicted.map(({ key }) => key)).toEqual(['default/a', 'default/b']);
  expect([...plan.held.keys()]).toEqual(['default/b']);
  expect(drainEffect(plan)).toBe('Drains 2 pods, 1 will not move.');
});

it('leaves pods that nobody makes anew alone unless that is accepted', () => {
  const pods = [makePod({ name: 'bare', nodeName: 'node-1', isReady: true })];
  expect(drainEffect(planDrain({ pods, budgets: [] }, none))).toBe('Drains 1 pod, 1 will not move.');
  const plan = planDrain({ pods, budgets: [] }, { ...none, takesBarePods: true });
  expect([plan.barePods, plan.evicted.length, drainEffect(plan)]).toEqual([1, 1, 'Drains 1 pod, all will move.']);
});

it('has nothing to do on an empty node', () => {
  expect(drainEffect(planDrain({ pods: [], budgets: [] }, none))).toBe('Drains no pod: none is in the way.');
});

import type { Pod, PodDisruptionBudget } from '@gantry/api-types';
import { describe, expect, it } from 'vitest';
import { findDrainBlockers } from './drain-blockers.ts';
import { startMs, testPod, testReplicaSet } from './test-builders.ts';

const owner = testReplicaSet();
const ready = (name: string, changes: Partial<Pod['spec']> = {}): Pod => {
  const pod = testPod({ name, owner, readySinceMs: startMs });
  return { ...pod, spec: { ...pod.spec, ...changes } };
};

function budgetOf(name: string, disruptionsAllowed: number, namespace = 'default'): PodDisruptionBudget {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, namespace, uid: name, resourceVersion: '1', creationTimestamp: '', generation: 1 },
    spec: { selector: { matchLabels: { app: 'web' } } },
    status: { observedGeneration: 1, disruptionsAllowed, currentHealthy: 3, desiredHealthy: 3, expectedPods: 3 },
  };
}

const told = (pods: readonly Pod[], ...budgets: readonly PodDisruptionBudget[]) =>
  findDrainBlockers({ pods, budgets }).map(({ pod, reason }) => `${pod} ${reason}`);

describe('what blocks a drain', () => {
  it('is nothing for replicas that nobody protects', () => {
    expect(told([ready('a'), ready('b')], budgetOf('elsewhere', 0, 'other'))).toEqual([]);
  });

  it('is a budget, for as many pods as it does not let go', () => {
    const pods = [ready('a'), ready('b'), ready('c')];
    expect(told(pods, budgetOf('web', 3))).toEqual([]);
    expect(told(pods, budgetOf('web', 1))).toEqual(['default/b DisruptionBudget', 'default/c DisruptionBudget']);
    const [first] = findDrainBlockers({ pods, budgets: [budgetOf('web', 0)] });
    expect(first?.message).toBe('The disruption budget web needs 3 healthy pods and has 3 currently');
    expect(first?.budget).toBe('web');
  });

  it('is more than one budget', () => {
    expect(told([ready('a')], budgetOf('one', 1), budgetOf('two', 1))).toEqual(['default/a ManyBudgets']);
  });

  it('is a pod that would not come back, and data that would be lost', () => {
    const bare = testPod({ name: 'bare', readySinceMs: startMs });
    const scratch = ready('scratch', { volumes: [{ name: 'tmp', emptyDir: {} }] });
    expect(told([bare, scratch])).toEqual(['default/bare NoController', 'default/scratch LocalData']);
  });

  it('is no pod that has ended, is going or stays with its node', () => {
    const daemon = ready('daemon');
    const [reference] = daemon.metadata.ownerReferences ?? [];
    const ownerReferences = reference ? [{ ...reference, kind: 'DaemonSet' }] : [];
    const pods = [
      { ...daemon, metadata: { ...daemon.metadata, ownerReferences } },
      testPod({ name: 'ended', phase: 'Succeeded' }),
      testPod({ name: 'going', readySinceMs: startMs, isLeaving: true }),
    ];
    expect(told(pods, budgetOf('web', 0))).toEqual([]);
  });
});

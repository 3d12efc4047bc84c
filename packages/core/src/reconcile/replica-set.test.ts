import type { Pod } from '@gantry/api-types';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pickPodsToDelete } from './deletion-order.ts';
import { Expectations } from './expectations.ts';
import { planClaims } from './owner-references.ts';
import { newReplicaPod, planReplicaSet, planReplicaSetStatus } from './replica-set.ts';
import { slowStartBatches } from './slow-start.ts';
import { startMs, type TestPodOptions, testPod, testReplicaSet } from './test-builders.ts';

describe('planReplicaSet', () => {
  const replicaSet = testReplicaSet({ replicas: 3 });

  it('creates what is missing, not counting pods that ended or are being deleted', () => {
    const pods = [
      testPod({ name: 'a', owner: replicaSet }),
      testPod({ name: 'b', owner: replicaSet, phase: 'Failed' }),
      testPod({ name: 'c', owner: replicaSet, phase: 'Succeeded' }),
      testPod({ name: 'd', owner: replicaSet, isLeaving: true }),
    ];
    expect(planReplicaSet(replicaSet, pods, [])).toEqual({ createCount: 2, deletePods: [] });
  });

  it('creates and deletes at most 500 pods per pass', () => {
    const large = testReplicaSet({ replicas: 2000 });
    expect(planReplicaSet(large, [], []).createCount).toBe(500);
    const pods = Array.from({ length: 800 }, (_, index) => testPod({ name: `p${index}` }));
    expect(planReplicaSet(testReplicaSet({ replicas: 0 }), pods, []).deletePods).toHaveLength(500);
  });

  it('leaves its pods alone while it is being deleted', () => {
    const metadata = { ...replicaSet.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
    expect(planReplicaSet({ ...replicaSet, metadata }, [], []).createCount).toBe(0);
  });

  it('reaches its size in one step from any number of pods', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.nat(60), (replicas, present) => {
        const wanted = testReplicaSet({ replicas });
        const pods = Array.from({ length: present }, (_, index) => testPod({ name: `p${index}` }));
        const plan = planReplicaSet(wanted, pods, pods);
        const left = pods.filter((pod) => !plan.deletePods.includes(pod));
        const created = Array.from({ length: plan.createCount }, (_, index) => testPod({ name: `new${index}` }));
        const after = [...left, ...created];
        expect(after).toHaveLength(replicas);
        expect(planReplicaSet(wanted, after, after)).toEqual({ createCount: 0, deletePods: [] });
      }),
    );
  });
});

describe('the order of deletion', () => {
  const ready = { phase: 'Running', readySinceMs: startMs, nodeName: 'n1' };
  const cases: [string, TestPodOptions, TestPodOptions][] = [
    ['unassigned before assigned', { phase: 'Running', readySinceMs: startMs }, { nodeName: 'n1', phase: 'Pending' }],
    ['Pending before Unknown', { nodeName: 'n1', phase: 'Pending' }, { nodeName: 'n1', phase: 'Unknown' }],
    ['Pending before Running', { nodeName: 'n1', phase: 'Pending' }, { nodeName: 'n1', phase: 'Running' }],
    ['not ready before ready', { nodeName: 'n1', phase: 'Running' }, ready],
    [
      'lower deletion cost before higher',
      { ...ready, annotations: { 'controller.kubernetes.io/pod-deletion-cost': '-5' } },
      ready,
    ],
    ['ready for less time before longer', { ...ready, readySinceMs: startMs + 60_000 }, ready],
    ['more restarts before fewer', { ...ready, restarts: 4 }, { ...ready, restarts: 1 }],
    ['newer before older', { ...ready, createdMs: startMs + 5000 }, ready],
  ];

  it.each(cases)('takes %s', (_, first, second) => {
    const pods = [testPod({ ...second, name: 'second' }), testPod({ ...first, name: 'first' })];
    const names = (list: readonly Pod[]) => pickPodsToDelete(list, list, 1).map((pod) => pod.metadata.name);
    expect(names(pods)).toEqual(['first']);
    expect(names(pods.reverse())).toEqual(['first']);
  });

  it('takes a pod from the node that holds more of them', () => {
    const pods = [
      testPod({ ...ready, name: 'alone', nodeName: 'n1' }),
      testPod({ ...ready, name: 'pair-1', nodeName: 'n2' }),
      testPod({ ...ready, name: 'pair-2', nodeName: 'n2' }),
    ];
    expect(pickPodsToDelete(pods, pods, 1)[0]?.spec.nodeName).toBe('n2');
  });
});

describe('the status of a ReplicaSet', () => {
  it('counts what is there, labelled, ready and available', () => {
    const replicaSet = testReplicaSet({
      minReadySeconds: 10,
      template: { metadata: { labels: { app: 'web', tier: 'front' } }, spec: { containers: [] } },
    });
    const pods = [
      testPod({ name: 'a', labels: { app: 'web', tier: 'front' }, readySinceMs: startMs - 20_000 }),
      testPod({ name: 'b', labels: { app: 'web' }, readySinceMs: startMs - 4_000 }),
      testPod({ name: 'c', labels: { app: 'web' } }),
      testPod({ name: 'd', isLeaving: true, readySinceMs: startMs }),
    ];
    const { status, recheckAfterMs } = planReplicaSetStatus(replicaSet, pods, startMs, undefined);
    expect(status).toEqual({
      replicas: 3,
      fullyLabeledReplicas: 1,
      readyReplicas: 2,
      availableReplicas: 1,
      terminatingReplicas: 1,
      observedGeneration: 1,
    });
    expect(recheckAfterMs).toBe(6_000);
  });

  it('says why pods could not be created, and stops saying so once they can', () => {
    const replicaSet = testReplicaSet();
    const failure = { reason: 'FailedCreate', message: 'exceeded quota' } as const;
    const { status } = planReplicaSetStatus(replicaSet, [], startMs, failure);
    expect(status.conditions).toEqual([
      {
        type: 'ReplicaFailure',
        status: 'True',
        reason: 'FailedCreate',
        message: 'exceeded quota',
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ]);
    const healed = planReplicaSetStatus({ ...replicaSet, status }, [], startMs + 1000, undefined);
    expect(healed.status.conditions).toBeUndefined();
  });
});

describe('planClaims', () => {
  const owner = testReplicaSet();
  const matches = (labels: Readonly<Record<string, string>>) => labels.app === 'web';
  const names = (pods: readonly Pod[]) => pods.map((pod) => pod.metadata.name);

  it('adopts matching orphans, keeps its own, releases what no longer matches, and leaves the rest', () => {
    const other = testReplicaSet({}, 'other');
    const plan = planClaims(
      owner,
      [
        testPod({ name: 'own', owner }),
        testPod({ name: 'relabelled', owner, labels: { app: 'debug' } }),
        testPod({ name: 'orphan' }),
        testPod({ name: 'stranger', labels: { app: 'db' } }),
        testPod({ name: 'taken', owner: other, labels: { app: 'web' } }),
        testPod({ name: 'leaving-orphan', isLeaving: true }),
      ],
      matches,
    );
    expect(names(plan.claimed)).toEqual(['own', 'orphan']);
    expect(names(plan.adopt)).toEqual(['orphan']);
    expect(names(plan.release)).toEqual(['relabelled']);
  });

  it('adopts nothing for an owner that is being deleted', () => {
    const leaving = { ...owner, metadata: { ...owner.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
    expect(planClaims(leaving, [testPod({ name: 'orphan' })], matches).adopt).toEqual([]);
  });
});

describe('Expectations', () => {
  it('are met once every creation was seen or failed', () => {
    const expectations = new Expectations();
    expectations.expectCreations('ns/rs', 3, 0);
    expectations.creationObserved('ns/rs');
    expect(expectations.areMet('ns/rs', 0)).toBe(false);
    expectations.creationObserved('ns/rs', 2);
    expect(expectations.areMet('ns/rs', 0)).toBe(true);
  });

  it('count each deletion once, however often it is reported', () => {
    const expectations = new Expectations();
    expectations.expectDeletions('ns/rs', ['a', 'b'], 0);
    expectations.deletionObserved('ns/rs', 'a');
    expectations.deletionObserved('ns/rs', 'a');
    expect(expectations.areMet('ns/rs', 0)).toBe(false);
    expectations.deletionObserved('ns/rs', 'b');
    expect(expectations.areMet('ns/rs', 0)).toBe(true);
  });

  it('are given up after five minutes', () => {
    const expectations = new Expectations();
    expectations.expectCreations('ns/rs', 1, 0);
    expect(expectations.areMet('ns/rs', 299_000)).toBe(false);
    expect(expectations.areMet('ns/rs', 301_000)).toBe(true);
  });
});

it('starts creating slowly and then at full width', () => {
  expect(slowStartBatches(10, 64)).toEqual([1, 2, 4, 3]);
  expect(slowStartBatches(500, 64)).toEqual([1, 2, 4, 8, 16, 32, 437]);
  expect(slowStartBatches(0, 64)).toEqual([]);
});

it('gives each pod its own copy of the template', () => {
  const replicaSet = testReplicaSet();
  const pod = newReplicaPod(replicaSet);
  expect(pod.metadata.generateName).toBe('web-');
  expect(pod.spec).toEqual(replicaSet.spec.template?.spec);
  expect(pod.spec).not.toBe(replicaSet.spec.template?.spec);
});

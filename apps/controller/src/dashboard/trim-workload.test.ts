import {
  makeCronJob,
  makeDaemonSet,
  makeDeployment,
  makeJob,
  makeReplicaSet,
  makeReplicationController,
  makeStatefulSet,
} from '@gantry/api-types/testing';
import { describe, expect, it } from 'vitest';
import { trimCronJob, trimDaemonSet, trimJob, trimReplicated, trimStatefulSet } from './trim-workload.ts';

it('trims what has replicas to one shape', () => {
  expect(trimReplicated(makeDeployment({ name: 'web', replicas: 3 }))).toMatchObject({
    kind: 'Deployment',
    key: 'Deployment/default/web',
    replicas: 3,
    readyReplicas: 0,
    selector: { app: 'web' },
  });
  expect(trimReplicated(makeReplicaSet({ name: 'web-1', replicas: 2 }))).toMatchObject({
    kind: 'ReplicaSet',
    key: 'ReplicaSet/default/web-1',
    replicas: 2,
  });
  expect(trimReplicated(makeReplicationController({ name: 'old' }))).toMatchObject({
    key: 'ReplicationController/default/old',
    replicas: 1,
    selector: { app: 'old' },
  });
});

it('shows how far the rollout of a StatefulSet is, and what holds it back', () => {
  const status = { replicas: 3, readyReplicas: 2, availableReplicas: 2, updatedReplicas: 1 };
  const spec = { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } };
  expect(trimStatefulSet(makeStatefulSet({ name: 'db', replicas: 3, spec, status }), 4)).toMatchObject({
    kind: 'StatefulSet',
    key: 'StatefulSet/default/db',
    replicas: 3,
    readyReplicas: 2,
    updatedReplicas: 1,
    currentReplicas: 3,
    revision: '4',
    partition: 2,
  });
  const waiting = trimStatefulSet(makeStatefulSet({ spec: { updateStrategy: { type: 'OnDelete' } } }), undefined);
  expect(waiting).toMatchObject({ isOnDelete: true });
  expect(waiting).not.toHaveProperty('partition');
});

it('wants a pod of a DaemonSet on each node that suits it', () => {
  const status = {
    currentNumberScheduled: 2,
    desiredNumberScheduled: 3,
    numberMisscheduled: 0,
    numberReady: 1,
    numberAvailable: 1,
    updatedNumberScheduled: 2,
    observedGeneration: 1,
  };
  const newer = makeDaemonSet({ status: { ...status, observedGeneration: 0 } });
  expect(trimDaemonSet(newer, 2)).toMatchObject({ revision: '2', updatedReplicas: 0 });
  expect(trimDaemonSet(makeDaemonSet({ name: 'log', status }), 1)).toMatchObject({
    kind: 'DaemonSet',
    replicas: 3,
    currentReplicas: 2,
    readyReplicas: 1,
    availableReplicas: 1,
    updatedReplicas: 2,
    revision: '1',
  });
});

describe('a Job', () => {
  it('wants as many pods as its parallelism lets run of what is still to do', () => {
    const wanted = (spec: object, status: object): number => trimJob(makeJob({ spec, status })).replicas;
    expect(wanted({ completions: 5, parallelism: 2 }, {})).toBe(2);
    expect(wanted({ completions: 5, parallelism: 2 }, { succeeded: 4 })).toBe(1);
    expect(wanted({ completions: 5, parallelism: 2, suspend: true }, {})).toBe(0);
    expect(wanted({ completions: 1 }, { conditions: [{ type: 'Failed', status: 'True' }] })).toBe(0);
    expect(wanted({ completions: undefined, parallelism: 3 }, { active: 3 })).toBe(3);
    expect(wanted({ completions: undefined, parallelism: 3 }, { active: 2, succeeded: 1 })).toBe(2);
  });

  it('says how far it is', () => {
    const job = makeJob({
      name: 'load',
      spec: { completions: 5, parallelism: 2 },
      status: { active: 2, ready: 1, succeeded: 3, failed: 1 },
    });
    expect(trimJob(job)).toMatchObject({
      key: 'Job/default/load',
      job: { completions: 5, parallelism: 2, succeeded: 3, failed: 1 },
      currentReplicas: 2,
      readyReplicas: 1,
    });
  });
});

it('shows when a CronJob runs', () => {
  const spec = { timeZone: 'Europe/Berlin', suspend: true };
  const active = [{ kind: 'Job', name: 'nightly-1' }];
  expect(trimCronJob(makeCronJob({ name: 'nightly', schedule: '0 3 * * *', spec, status: { active } }))).toMatchObject({
    key: 'CronJob/default/nightly',
    schedule: '0 3 * * * (Europe/Berlin)',
    paused: true,
    replicas: 0,
    currentReplicas: 1,
  });
});

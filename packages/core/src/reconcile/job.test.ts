import type { Job } from '@gantry/api-types';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completionIndexOf, newJobPod } from './job-pods.ts';
import { JobWorld } from './job-world.ts';
import { testJob } from './test-builders.ts';

function started(changes: Partial<Job['spec']> = {}): JobWorld {
  const world = new JobWorld(testJob(changes));
  world.pass();
  return world;
}

/** Fails the running pods again and again, past every back-off, until the Job is over. */
function failAll(world: JobWorld, exitCode = 1): void {
  for (let round = 0; round < 100 && !world.isFinished(); round += 1) {
    world.pass();
    for (const pod of world.running()) world.end(pod, 'Failed', exitCode);
    world.finishDeletions();
    world.nowMs += 400_000;
  }
}

describe('a Job', () => {
  it('runs as many pods as parallelism allows and completions need, and completes', () => {
    const world = started({ parallelism: 2, completions: 3 });
    expect(world.running()).toHaveLength(2);
    world.end(world.running()[0], 'Succeeded');
    world.pass();
    expect(world.running()).toHaveLength(2);
    world.end(world.running()[0], 'Succeeded');
    world.pass();
    expect(world.running()).toHaveLength(1);
    world.complete();
    expect(world.conditions()).toEqual(['SuccessCriteriaMet', 'Complete']);
    expect(world.job.status).toMatchObject({ succeeded: 3, ready: 0, terminating: 0, uncountedTerminatedPods: {} });
    expect(world.job.status.completionTime).toBeDefined();
    expect(world.events).toEqual(['Completed']);
    expect([...world.pods.values()].every(({ metadata }) => metadata.finalizers?.length === 0)).toBe(true);
  });

  it('without completions ends when one pod found the queue empty and the others are done', () => {
    const world = started({ parallelism: 3 });
    expect(world.running()).toHaveLength(3);
    world.end(world.running()[0], 'Succeeded');
    world.pass();
    expect(world.running()).toHaveLength(2);
    expect(world.isFinished()).toBe(false);
    world.complete();
    expect(world.job.status.succeeded).toBe(3);
  });

  it('makes no pod too many where more end at once than one status can hold', () => {
    const world = new JobWorld(testJob({ parallelism: 1200, completions: 1200 }));
    for (let round = 0; round < 3; round += 1) world.pass();
    expect(world.running()).toHaveLength(1200);
    for (const pod of world.running()) world.end(pod, 'Succeeded');
    world.complete();
    expect(world.pods.size).toBe(1200);
    expect(world.job.status.succeeded).toBe(1200);
  });

  it('waits longer after each failure: 10 s, 20 s, 40 s', () => {
    const world = started();
    for (const seconds of [10, 20, 40]) {
      world.end(world.running()[0], 'Failed');
      expect(world.pass().recheckAfterMs).toBe(seconds * 1000);
      world.nowMs += seconds * 1000 - 1;
      world.pass();
      expect(world.running()).toHaveLength(0);
      world.nowMs += 1;
      world.pass();
      expect(world.running()).toHaveLength(1);
    }
  });

  it('fails once more pods failed than backoffLimit', () => {
    const world = new JobWorld(testJob({ backoffLimit: 2 }));
    failAll(world);
    expect(world.conditions()).toEqual(['FailureTarget', 'Failed']);
    expect(world.job.status).toMatchObject({ failed: 3 });
    expect(world.job.status.conditions?.at(-1)).toMatchObject({
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    });
    expect(world.events).toEqual(['BackoffLimitExceeded']);
  });

  it('stops what still runs when it fails, and is over only when nothing runs', () => {
    const world = started({ parallelism: 2, completions: 2, backoffLimit: 0 });
    world.end(world.running()[0], 'Failed');
    world.pass();
    expect(world.conditions()).toEqual(['FailureTarget']);
    world.pass();
    expect(world.isFinished()).toBe(false);
    world.finishDeletions();
    world.pass();
    world.finishDeletions();
    world.pass();
    expect(world.conditions()).toEqual(['FailureTarget', 'Failed']);
    expect(world.job.status.failed).toBe(2);
  });

  it('counts container restarts against the limit with OnFailure', () => {
    const template = { spec: { restartPolicy: 'OnFailure', containers: [{ name: 'main', image: 'x' }] } };
    const world = started({ template, backoffLimit: 3 });
    const [pod] = world.running();
    const status = { name: 'main', ready: false, restartCount: 3, image: '', imageID: '' };
    if (pod) world.pods.set(pod.metadata.name, { ...pod, status: { phase: 'Running', containerStatuses: [status] } });
    world.pass();
    expect(world.job.status.conditions?.[0]).toMatchObject({ reason: 'BackoffLimitExceeded' });
  });

  it('fails at its deadline', () => {
    const world = new JobWorld(testJob({ activeDeadlineSeconds: 60 }));
    expect(world.pass().recheckAfterMs).toBe(60_000);
    world.nowMs += 60_000;
    world.pass();
    expect(world.job.status.conditions?.[0]).toMatchObject({ type: 'FailureTarget', reason: 'DeadlineExceeded' });
    expect(world.running()).toHaveLength(0);
  });

  it('is deleted when its time to live is over', () => {
    const world = new JobWorld(testJob({ ttlSecondsAfterFinished: 100 }));
    world.complete();
    const endedAt = Date.parse(world.job.status.completionTime ?? '');
    world.nowMs = endedAt + 99_000;
    expect(world.pass()).toMatchObject({ deleteJob: false, recheckAfterMs: 1000 });
    world.nowMs = endedAt + 100_000;
    world.pass();
    expect(world.isDeleted).toBe(true);
  });

  it('asks for nothing more once it is being deleted, though its time to live is over', () => {
    const world = new JobWorld(testJob({ ttlSecondsAfterFinished: 100 }));
    world.complete();
    world.nowMs += 200_000;
    const metadata = { ...world.job.metadata, deletionTimestamp: '2026-01-01T01:00:00Z' };
    world.job = { ...world.job, metadata };
    expect(world.pass()).toMatchObject({ deleteJob: false, recheckAfterMs: undefined });
  });

  it('stops its pods while suspended, which count for nothing, and starts anew', () => {
    const world = started({ parallelism: 2, completions: 2 });
    world.edit({ suspend: true });
    world.pass();
    world.finishDeletions();
    world.pass();
    expect(world.running()).toHaveLength(0);
    expect(world.conditions()).toEqual(['Suspended']);
    expect(world.job.status.startTime).toBeUndefined();
    world.edit({ suspend: false });
    world.pass();
    expect(world.running()).toHaveLength(2);
    expect(world.events).toEqual(['Suspended', 'Resumed']);
    world.complete();
    expect(world.job.status).toMatchObject({ succeeded: 2 });
    expect(world.job.status.failed).toBeUndefined();
  });

  it('removes pods that are too many after parallelism was lowered', () => {
    const world = started({ parallelism: 4, completions: 10 });
    world.edit({ parallelism: 1 });
    world.pass();
    expect(world.running()).toHaveLength(1);
  });
});

describe('an Indexed Job', () => {
  const indexed = (changes: Partial<Job['spec']> = {}) =>
    testJob({ completionMode: 'Indexed', parallelism: 3, completions: 5, ...changes });

  it('gives each pod its index in every form', () => {
    const pod = newJobPod(indexed(), 3, 0);
    expect(pod.metadata).toMatchObject({
      generateName: 'task-3-',
      labels: { 'batch.kubernetes.io/job-completion-index': '3' },
      annotations: { 'batch.kubernetes.io/job-completion-index': '3' },
      finalizers: ['batch.kubernetes.io/job-tracking'],
    });
    expect(pod.spec.hostname).toBe('task-3');
    expect(pod.spec.containers[0]?.env?.[0]?.name).toBe('JOB_COMPLETION_INDEX');
  });

  it('runs each index once and notes those that are done', () => {
    const world = new JobWorld(indexed());
    world.pass();
    expect(world.running().map(completionIndexOf)).toEqual([0, 1, 2]);
    world.end(world.running()[2], 'Succeeded');
    world.end(world.running()[0], 'Succeeded');
    world.pass();
    expect(world.job.status.completedIndexes).toBe('0,2');
    expect(world.running().map(completionIndexOf)).toEqual([1, 3, 4]);
    world.complete();
    expect(world.job.status).toMatchObject({ completedIndexes: '0-4', succeeded: 5 });
  });

  it('gives up on an index after its own limit and fails at the end, the others done', () => {
    const world = new JobWorld(indexed({ completions: 3, backoffLimitPerIndex: 1, backoffLimit: 2 ** 31 - 1 }));
    for (let round = 0; round < 40 && !world.isFinished(); round += 1) {
      world.pass();
      for (const pod of world.running()) world.end(pod, completionIndexOf(pod) === 1 ? 'Failed' : 'Succeeded');
      world.finishDeletions();
      world.nowMs += 60_000;
    }
    expect(world.job.status).toMatchObject({ completedIndexes: '0,2', failedIndexes: '1', failed: 2, succeeded: 2 });
    expect(world.job.status.conditions?.at(-1)).toMatchObject({ type: 'Failed', reason: 'FailedIndexes' });
  });

  it('remembers how often an index failed although the failed pod is deleted by hand', () => {
    const world = new JobWorld(indexed({ parallelism: 1, completions: 1, backoffLimitPerIndex: 1 }));
    world.pass();
    world.end(world.running()[0], 'Failed');
    world.pass();
    const [failed] = [...world.pods.values()];
    // Its finalizer keeps it until its replacement knows.
    expect(failed?.metadata.finalizers).toHaveLength(1);
    world.nowMs += 60_000;
    world.pass();
    expect(world.running()[0]?.metadata.annotations).toMatchObject({
      'batch.kubernetes.io/job-index-failure-count': '1',
    });
    world.pass();
    expect(world.pods.get(failed?.metadata.name ?? '')?.metadata.finalizers).toEqual([]);
  });

  it('succeeds by its success policy and stops the rest', () => {
    const world = new JobWorld(indexed({ successPolicy: { rules: [{ succeededIndexes: '0-2', succeededCount: 1 }] } }));
    world.pass();
    world.end(world.running()[1], 'Succeeded');
    world.pass();
    expect(world.job.status.conditions?.[0]).toMatchObject({ type: 'SuccessCriteriaMet', reason: 'SuccessPolicy' });
    world.complete();
    expect(world.conditions()).toContain('Complete');
  });
});

describe('a pod failure policy', () => {
  const policy = (action: string) =>
    testJob({
      podFailurePolicy: { rules: [{ action, onExitCodes: { operator: 'In', values: [42] } }] },
      backoffLimit: 1,
    });

  it('fails the Job at once', () => {
    const world = new JobWorld(policy('FailJob'));
    failAll(world, 42);
    expect(world.job.status.failed).toBe(1);
    expect(world.job.status.conditions?.at(-1)?.message).toMatch(
      /^Container main for pod default\/task-1 failed with exit code 42 matching FailJob rule at index 0$/,
    );
  });

  it('ignores failures', () => {
    const world = new JobWorld(policy('Ignore'));
    for (let round = 0; round < 5; round += 1) {
      world.pass();
      for (const pod of world.running()) world.end(pod, 'Failed', 42);
      world.nowMs += 60_000;
    }
    world.complete();
    expect(world.job.status).toMatchObject({ succeeded: 1 });
    expect(world.job.status.failed).toBeUndefined();
  });

  it('replaces a pod only once it has ended', () => {
    const world = new JobWorld(policy('Count'));
    world.pass();
    const [pod] = world.running();
    const leaving = { deletionTimestamp: '2026-01-01T00:00:30Z', deletionGracePeriodSeconds: 30 };
    if (pod) world.pods.set(pod.metadata.name, { ...pod, metadata: { ...pod.metadata, ...leaving } });
    world.pass();
    expect(world.running()).toHaveLength(0);
    expect(world.job.status.terminating).toBe(1);
    world.finishDeletions();
    world.pass();
    expect(world.running()).toHaveLength(1);
  });
});

describe('properties of Jobs', () => {
  const step = fc.oneof(
    fc.record({ type: fc.constant('pass' as const), writes: fc.nat(6) }),
    fc.record({ type: fc.constant('end' as const), which: fc.nat(4), phase: fc.constantFrom('Succeeded', 'Failed') }),
    fc.record({ type: fc.constant('gone' as const) }),
    fc.record({ type: fc.constant('suspend' as const), suspend: fc.boolean() }),
    fc.record({ type: fc.constant('parallelism' as const), parallelism: fc.nat(4) }),
  );
  const mode = fc.constantFrom('NonIndexed', 'Indexed');

  it('never run more than parallelism, whenever the controller is killed, and count each pod once', () => {
    fc.assert(
      fc.property(
        mode,
        fc.integer({ min: 1, max: 6 }),
        fc.array(step, { maxLength: 60 }),
        (completionMode, completions, steps) => {
          const world = new JobWorld(testJob({ completionMode, completions, parallelism: 3, backoffLimit: 1000 }));
          const ended = { Succeeded: 0, Failed: 0 };
          for (const action of steps) {
            world.nowMs += 400_000;
            if (action.type === 'pass') {
              const before = world.running().length;
              const made = world.pass(action.writes).createPods.length;
              expect(made === 0 || before + made <= (world.job.spec.parallelism ?? 1)).toBe(true);
            } else if (action.type === 'gone') world.finishDeletions();
            else if (action.type === 'suspend') world.edit({ suspend: action.suspend });
            else if (action.type === 'parallelism') world.edit({ parallelism: action.parallelism });
            else {
              const pod = world.running().filter(({ metadata }) => metadata.finalizers?.length)[action.which];
              if (!pod) continue;
              world.end(pod, action.phase as 'Succeeded');
              ended[action.phase as 'Succeeded'] += 1;
            }
          }
          world.edit({ suspend: false, parallelism: 3 });
          const endedBefore = { ...ended };
          for (let round = 0; round < 60 && !world.isFinished(); round += 1) {
            world.nowMs += 400_000;
            world.pass();
            world.finishDeletions();
            for (const pod of world.running()) {
              if (!pod.metadata.finalizers?.length) continue;
              world.end(pod, 'Succeeded');
              ended.Succeeded += 1;
            }
          }
          const { succeeded = 0, failed = 0 } = world.job.status;
          expect(world.conditions()).toContain('Complete');
          // Pods that the end of the Job stopped count as failed, too.
          expect(failed).toBeGreaterThanOrEqual(endedBefore.Failed);
          if (completionMode === 'Indexed') expect(succeeded).toBe(completions);
          else expect(succeeded).toBe(ended.Succeeded);
        },
      ),
      { numRuns: 300 },
    );
  });
});

import type { Pod } from '@gantry/api-types';
import { describe, expect, it } from 'vitest';
import { endPod } from './testing/pod-reports.ts';
import { TestRig } from './testing/test-rig.ts';

const labels = { job: 'task' };

function seedJob(rig: TestRig, spec: object = {}, name = 'task') {
  const template = {
    metadata: { labels },
    spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'x' }] },
  };
  return rig.cluster.seed('jobs.batch', {
    metadata: { name, namespace: 'default' },
    spec: { parallelism: 2, completions: 4, backoffLimit: 6, selector: { matchLabels: labels }, template, ...spec },
    status: {},
  });
}

const statusOf = (rig: TestRig) => rig.cluster.get('jobs.batch', 'default/task')?.status;
const running = (rig: TestRig): readonly Pod[] =>
  rig.cluster.list('pods').filter(({ status, metadata }) => status.phase === 'Pending' && !metadata.deletionTimestamp);

async function succeedAll(rig: TestRig): Promise<void> {
  for (let round = 0; round < 40; round += 1) {
    for (const pod of running(rig)) await endPod(rig, pod, 'Succeeded');
    await rig.pass(200);
  }
}

describe('Jobs', () => {
  it('run to completion and leave their pods without a finalizer', async () => {
    await using rig = new TestRig();
    seedJob(rig);
    rig.start();
    await rig.pass();
    expect(running(rig)).toHaveLength(2);
    await succeedAll(rig);
    expect(statusOf(rig)).toMatchObject({ succeeded: 4, uncountedTerminatedPods: {} });
    expect(statusOf(rig)?.conditions?.map(({ type }) => type)).toEqual(['SuccessCriteriaMet', 'Complete']);
    expect(rig.cluster.list('pods').flatMap(({ metadata }) => metadata.finalizers ?? [])).toEqual([]);
    expect(rig.events).toContain('Normal Completed Job/task: Job completed');
    expect(rig.errors).toEqual([]);
  });

  it('count each pod once although the controller is replaced again and again', async () => {
    await using rig = new TestRig();
    seedJob(rig, { parallelism: 5, completions: 20 });
    let writes = 0;
    rig.cluster.onWrite = () => {
      writes += 1;
      // As a crash would: what the pass wanted to write next is not written.
      if (writes % 7 === 0) throw new Error('killed');
    };
    for (let round = 0; round < 60; round += 1) {
      rig.start();
      for (const pod of running(rig)) await endPod(rig, pod, 'Succeeded').catch(() => undefined);
      await rig.pass(300);
      await rig.stop();
    }
    const succeeded = rig.cluster.list('pods').filter(({ status }) => status.phase === 'Succeeded');
    expect(succeeded).toHaveLength(20);
    expect(statusOf(rig)).toMatchObject({ succeeded: 20 });
    expect(statusOf(rig)?.conditions?.at(-1)?.type).toBe('Complete');
  });

  it('replace a failed pod after a pause', async () => {
    await using rig = new TestRig();
    seedJob(rig, { parallelism: 1, completions: 1 });
    rig.start();
    await rig.pass();
    const [pod] = running(rig);
    if (pod) await endPod(rig, pod, 'Failed');
    await rig.pass(5000);
    expect(running(rig)).toHaveLength(0);
    expect(statusOf(rig)).toMatchObject({ failed: 1 });
    await rig.pass(6000);
    expect(running(rig)).toHaveLength(1);
  });

  it('count a pod that somebody deletes as failed, replace it, and let it go', async () => {
    await using rig = new TestRig();
    seedJob(rig, { parallelism: 1, completions: 1 });
    rig.start();
    await rig.pass();
    const [pod] = running(rig);
    await rig.cluster.client.delete('pods', 'default', pod?.metadata.name ?? '');
    await rig.pass(1000);
    expect(rig.cluster.list('pods')).toHaveLength(1);
    expect(running(rig)[0]?.metadata.uid).not.toBe(pod?.metadata.uid);
    expect(statusOf(rig)).toMatchObject({ failed: 1 });
  });

  it.each([
    ['counted as failed', undefined, 1],
    ['ignored where the failure policy says so', 'Ignore', undefined],
  ])('replace a pod whose node is lost, which is %s', async (_, action, failed) => {
    await using rig = new TestRig();
    for (const name of ['n1', 'n2', 'n3']) rig.cluster.seed('nodes', { metadata: { name }, spec: {}, status: {} });
    const rules = [{ action, onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }];
    seedJob(rig, { parallelism: 1, completions: 1, ...(action ? { podFailurePolicy: { rules } } : {}) });
    rig.start();
    await rig.pass();
    const [pod] = running(rig);
    if (pod) await rig.cluster.client.update('pods', { ...pod, spec: { ...pod.spec, nodeName: 'n1' } });
    await rig.passWithHeartbeats(2000, 'n1', 'n2', 'n3');
    await rig.passWithHeartbeats(20_000, 'n2', 'n3');
    expect(rig.cluster.list('pods')).toHaveLength(1);
    expect(running(rig)[0]?.metadata.uid).not.toBe(pod?.metadata.uid);
    expect(statusOf(rig)?.failed).toBe(failed);
  });

  it('that are deleted take their pods with them', async () => {
    await using rig = new TestRig();
    seedJob(rig);
    rig.start();
    await rig.pass();
    await rig.cluster.client.delete('jobs.batch', 'default', 'task', { propagationPolicy: 'Background' });
    await rig.pass(1000);
    expect(rig.cluster.list('pods')).toEqual([]);
  });

  it('that are deleted in the foreground go after their pods', async () => {
    await using rig = new TestRig();
    seedJob(rig);
    rig.start();
    await rig.pass();
    await rig.cluster.client.delete('jobs.batch', 'default', 'task', { propagationPolicy: 'Foreground' });
    await rig.pass(1000);
    expect(rig.cluster.list('pods')).toEqual([]);
    expect(rig.cluster.list('jobs.batch')).toEqual([]);
  });

  it('that are deleted without their pods let these go on untracked', async () => {
    await using rig = new TestRig();
    seedJob(rig);
    rig.start();
    await rig.pass();
    await rig.cluster.client.delete('jobs.batch', 'default', 'task', { propagationPolicy: 'Orphan' });
    await rig.pass(1000);
    expect(rig.cluster.list('jobs.batch')).toEqual([]);
    expect(running(rig)).toHaveLength(2);
    expect(rig.cluster.list('pods').flatMap(({ metadata }) => metadata.finalizers ?? [])).toEqual([]);
  });

  it('are removed when their time is over', async () => {
    await using rig = new TestRig();
    seedJob(rig, { ttlSecondsAfterFinished: 60 });
    rig.start();
    await succeedAll(rig);
    expect(rig.cluster.list('jobs.batch')).toHaveLength(1);
    await rig.pass(61_000);
    expect(rig.cluster.list('jobs.batch')).toEqual([]);
    expect(rig.cluster.list('pods')).toEqual([]);
  });
});

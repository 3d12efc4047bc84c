import { formatTime } from '@gantry/core/lib/timestamp';
import { describe, expect, it } from 'vitest';
import { endPod } from './testing/pod-reports.ts';
import { TestRig } from './testing/test-rig.ts';

const minute = 60_000;

function seedCronJob(rig: TestRig, spec: object = {}, minutesAgo = 0) {
  const template = {
    metadata: { labels: { app: 'tick' } },
    spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'x' }] },
  };
  const jobSpec = {
    completions: 1,
    parallelism: 1,
    backoffLimit: 0,
    selector: { matchLabels: { app: 'tick' } },
    template,
  };
  return rig.cluster.seed('cronjobs.batch', {
    metadata: {
      name: 'tick',
      namespace: 'default',
      creationTimestamp: formatTime(rig.clock.now() - minutesAgo * minute),
    },
    spec: { schedule: '* * * * *', concurrencyPolicy: 'Allow', jobTemplate: { spec: jobSpec }, ...spec },
    status: {},
  });
}

const jobs = (rig: TestRig) => rig.cluster.list('jobs.batch');
const statusOf = (rig: TestRig) => rig.cluster.get('cronjobs.batch', 'default/tick')?.status;

/** Lets time pass; with `isEnding` every pod succeeds at once. */
async function passMinutes(rig: TestRig, minutes: number, isEnding = false): Promise<void> {
  for (let step = 0; step < minutes * 12; step += 1) {
    await rig.pass(5000);
    if (!isEnding) continue;
    for (const pod of rig.cluster.list('pods')) if (pod.status.phase === 'Pending') await endPod(rig, pod, 'Succeeded');
  }
}

describe('CronJobs', () => {
  it('start a Job each minute, named after it, and remember the last ones', async () => {
    await using rig = new TestRig();
    seedCronJob(rig);
    rig.start();
    await passMinutes(rig, 6, true);
    await rig.pass(2000);
    // Three that are done, and the one that runs.
    expect(jobs(rig)).toHaveLength(4);
    const unixMinute = Math.floor(rig.clock.now() / minute);
    expect(jobs(rig).map(({ metadata }) => metadata.name)).toContain(`tick-${unixMinute}`);
    expect(statusOf(rig)?.lastScheduleTime).toBeDefined();
    expect(statusOf(rig)?.lastSuccessfulTime).toBeDefined();
    expect(rig.events.filter((event) => event.startsWith('Normal SuccessfulCreate CronJob/tick'))).toHaveLength(6);
    expect(rig.events.some((event) => event.startsWith('Normal SawCompletedJob'))).toBe(true);
    expect(rig.errors).toEqual([]);
  });

  it.each([
    ['Allow', 3, 3],
    ['Forbid', 1, 1],
    ['Replace', 1, 1],
  ])('with %s have %i Jobs running after three minutes', async (concurrencyPolicy, count, active) => {
    await using rig = new TestRig();
    seedCronJob(rig, { concurrencyPolicy });
    rig.start();
    await passMinutes(rig, 3);
    await rig.pass(2000);
    expect(jobs(rig).filter(({ metadata }) => !metadata.deletionTimestamp)).toHaveLength(count);
    expect(statusOf(rig)?.active).toHaveLength(active);
  });

  it('start nothing while suspended, and once for all that was missed after that', async () => {
    await using rig = new TestRig();
    seedCronJob(rig, { suspend: true });
    rig.start();
    await passMinutes(rig, 5);
    expect(jobs(rig)).toEqual([]);
    await rig.cluster.client.mergePatch('cronjobs.batch', 'default', 'tick', { spec: { suspend: false } });
    await rig.pass();
    expect(jobs(rig)).toHaveLength(1);
  });

  it('miss a start that came too late by the deadline, and say so', async () => {
    await using rig = new TestRig();
    seedCronJob(rig, { startingDeadlineSeconds: 20, schedule: '30 * * * *' }, 90);
    rig.start();
    await rig.pass(1000);
    expect(jobs(rig)).toEqual([]);
    expect(rig.events.some((event) => event.startsWith('Warning MissSchedule CronJob/tick'))).toBe(true);
  });

  it('warn where very many starts were missed, and go on with the latest', async () => {
    await using rig = new TestRig();
    seedCronJob(rig, {}, 300);
    rig.start();
    await rig.pass();
    expect(jobs(rig)).toHaveLength(1);
    expect(rig.events.some((event) => event.startsWith('Warning TooManyMissedTimes'))).toBe(true);
  });

  it('count Jobs that were made from them by hand', async () => {
    await using rig = new TestRig();
    const cronJob = seedCronJob(rig, { schedule: '@yearly' });
    rig.start();
    await rig.pass();
    const { uid, name } = cronJob.metadata;
    const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'CronJob', name, uid, controller: true }];
    rig.cluster.seed('jobs.batch', {
      metadata: { name: 'by-hand', namespace: 'default', ownerReferences },
      spec: cronJob.spec.jobTemplate.spec,
      status: {},
    });
    await rig.pass();
    expect(statusOf(rig)?.active).toMatchObject([{ name: 'by-hand' }]);
  });

  it('say what is wrong with their schedule', async () => {
    await using rig = new TestRig();
    seedCronJob(rig, { schedule: 'now and then' });
    rig.start();
    await rig.pass();
    expect(rig.events[0]).toMatch(/^Warning UnparseableCronJobSchedule CronJob\/tick: unparseable schedule/);
  });
});

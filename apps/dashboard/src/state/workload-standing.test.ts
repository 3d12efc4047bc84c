import { expect, it } from 'vitest';
import { feedWorkload } from '../testing/feed-objects.ts';
import { standingOf } from './workload-standing.ts';

const job = { completions: 5, parallelism: 2, succeeded: 3, failed: 1 };

it.each([
  ['2/3 ready', true, feedWorkload('web', { replicas: 3 })],
  ['2/2 ready', false, feedWorkload('db', { kind: 'StatefulSet', replicas: 2 })],
  ['3/5 done', false, feedWorkload('load', { kind: 'Job', replicas: 2, job })],
  ['0/1+ done', false, feedWorkload('queue', { kind: 'Job', job: { parallelism: 2, succeeded: 0, failed: 0 } })],
  ['suspended', false, feedWorkload('load', { kind: 'Job', job, paused: true })],
  ['failed', true, feedWorkload('load', { kind: 'Job', job, conditions: [{ type: 'Failed', status: 'True' }] })],
  ['0 3 * * *', false, feedWorkload('nightly', { kind: 'CronJob', replicas: 0, schedule: '0 3 * * *' })],
  [
    '1 running',
    false,
    feedWorkload('nightly', { kind: 'CronJob', replicas: 0, currentReplicas: 1, schedule: '0 3 * * *' }),
  ],
])('says %s', (words, isShort, one) => {
  expect(standingOf(one, 2)).toMatchObject({ words, isShort });
});

import { ApiError, type Pod } from '@gantry/api-types';
import type { ApiClient } from '@gantry/core';
import { expect, it } from 'vitest';
import { createTestApi } from '../api/testing/test-api.ts';
import { PodStatusWriter } from './pod-status-writer.ts';
import { boundPod } from './testing/test-sessions.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };

/** A client whose status writes fail as often as told. */
function failing(client: ApiClient, failures: Error[]): ApiClient {
  return {
    ...client,
    updateStatus: (...args) => {
      const failure = failures.shift();
      return failure ? Promise.reject(failure) : client.updateStatus(...args);
    },
  };
}

async function setUp(failures: Error[]) {
  const api = await createTestApi();
  const pod = await api.client.create('pods', boundPod('web'));
  const pods = api.objects.informer('pods');
  const writer = new PodStatusWriter({ client: failing(api.client, failures), pods, clock: api.clock, logger });
  const present = (): Pod | undefined => pods.lister.get('default/web');
  return { api, writer, present, reference: { namespace: 'default', name: 'web', uid: pod.metadata.uid } };
}

it('writes a status again after the storage failed', async () => {
  const failures = [new ApiError('InternalError', 'the disk is full')];
  const { api, writer, present, reference } = await setUp(failures);
  await using _ = api;
  writer.report('node-1', reference, { phase: 'Running' });
  await expect.poll(() => failures.length).toBe(0);
  await expect.poll(() => api.clock.pendingTimers).toBeGreaterThan(0);
  api.clock.advance(2_000);
  await expect.poll(() => present()?.status.phase).toBe('Running');
});

it('writes a status in spite of conflicts, at once', async () => {
  const conflict = () => new ApiError('Conflict', 'the object has been modified');
  const { api, writer, present, reference } = await setUp([conflict(), conflict(), conflict()]);
  await using _ = api;
  writer.report('node-1', reference, { phase: 'Running' });
  await expect.poll(() => present()?.status.phase).toBe('Running');
});

it('never writes an older status over a newer one after a failure', async () => {
  const { api, writer, present, reference } = await setUp([new ApiError('InternalError', 'the disk is full')]);
  await using _ = api;
  writer.report('node-1', reference, { phase: 'Running' });
  writer.report('node-1', reference, { phase: 'Succeeded' });
  await expect.poll(() => present()?.status.phase).toBe('Succeeded');
  api.clock.advance(10_000);
  await writer.stop();
  expect(present()?.status.phase).toBe('Succeeded');
});

it('writes nothing after it was stopped', async () => {
  const { api, writer, present, reference } = await setUp([]);
  await using _ = api;
  await writer.stop();
  writer.report('node-1', reference, { phase: 'Running' });
  expect(present()?.status.phase).toBe('Pending');
});

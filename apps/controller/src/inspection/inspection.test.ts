import type { NodeInspection, PodInspection, PodInspectionReport } from '@gantry/api-types';
import { ApiError } from '@gantry/api-types';
import { streamChannels } from '@gantry/api-types/protocol';
import { makeNode } from '@gantry/api-types/testing';
import type { StreamHandler } from '@gantry/core/streams/stream-acceptor';
import { expect, it } from 'vitest';
import { tokens } from '../api/testing/test-api.ts';
import { startStreamRig } from '../streaming/testing/stream-rig.ts';

const url = '/apis/gantry.io/v1/namespaces/default/podinspections/web';
const report: PodInspectionReport = {
  observedAt: '2026-11-21T12:00:00.000Z',
  cgroupVersion: 2,
  containers: [],
  podFiles: [],
  phases: [
    { phase: 'creating', container: 'c', startedAt: Date.UTC(2026, 10, 21, 13), durationMs: 5, source: 'agent' },
  ],
  unread: [],
};

const answers: StreamHandler = async (request, stream) => {
  const { kind } = request;
  if (kind !== 'inspectPod' && kind !== 'inspectNode') throw new ApiError('BadRequest', 'unexpected');
  stream.accept();
  const images = { observedAt: report.observedAt, images: [], imageCount: 0, totalBytes: 0, savedBytes: 0, unread: [] };
  stream.channel(streamChannels.data).end(JSON.stringify(kind === 'inspectPod' ? report : images));
};

it('asks the node of the pod, for readers too, and adds the times of the pod', async () => {
  await using rig = await startStreamRig(answers);
  const pod = await rig.api.client.get('pods', 'default', 'web');
  const lastTransitionTime = new Date(Date.parse(pod.metadata.creationTimestamp) + 2_000).toISOString();
  const conditions = [{ type: 'PodScheduled', status: 'True' as const, lastTransitionTime }];
  await rig.api.client.updateStatus('pods', { ...pod, status: { ...pod.status, conditions } });
  const { code, body } = await rig.api.call<PodInspection>('GET', url, { token: tokens.reader });
  expect(code).toBe(200);
  expect(body).toMatchObject({
    apiVersion: 'gantry.io/v1',
    kind: 'PodInspection',
    metadata: { name: 'web', namespace: 'default', uid: pod.metadata.uid },
    nodeName: 'n1',
    cgroupVersion: 2,
    phases: [{ phase: 'scheduling', durationMs: 2_000 }, { phase: 'creating' }],
  });
  expect(rig.asked).toMatchObject([{ kind: 'inspectPod', pod: { name: 'web', uid: pod.metadata.uid } }]);
});

it('asks a node about its images', async () => {
  await using rig = await startStreamRig(answers);
  const { resourceVersion: _, ...metadata } = makeNode({ name: 'n1' }).metadata;
  await rig.api.call('POST', '/api/v1/nodes', { body: { apiVersion: 'v1', kind: 'Node', metadata } });
  const { body } = await rig.api.call<NodeInspection>('GET', '/apis/gantry.io/v1/nodeinspections/n1');
  expect(body).toMatchObject({ kind: 'NodeInspection', metadata: { name: 'n1' }, savedBytes: 0 });
  expect((await rig.api.call('GET', '/apis/gantry.io/v1/nodeinspections/n2')).code).toBe(404);
});

it('is discovered, and refuses agents, strangers and what is not there', async () => {
  await using rig = await startStreamRig(answers);
  const listed = await rig.api.call('GET', '/apis/gantry.io/v1');
  expect(listed.body).toMatchObject({
    resources: expect.arrayContaining([
      expect.objectContaining({ name: 'podinspections', kind: 'PodInspection', namespaced: true, verbs: ['get'] }),
      expect.objectContaining({ name: 'nodeinspections', namespaced: false }),
    ]),
  });
  const code = async (path: string, token?: string) =>
    (await rig.api.call('GET', path, token === undefined ? {} : { token })).code;
  expect(await code(url, tokens.node)).toBe(403);
  expect(await code(url, 'nobody')).toBe(401);
  expect(await code(url.replace('web', 'other'))).toBe(404);
});

it('passes on why the agent cannot', async () => {
  await using rig = await startStreamRig(async () => {
    throw new ApiError('NotFound', 'pod web is not on the node (yet, or any more)');
  });
  const { code, body } = await rig.api.call('GET', url);
  expect([code, body.message]).toEqual([404, 'pod web is not on the node (yet, or any more)']);
});

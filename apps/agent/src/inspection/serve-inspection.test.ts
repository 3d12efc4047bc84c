import { text } from 'node:stream/consumers';
import type { NodeInspectionReport, PodInspectionReport } from '@gantry/api-types';
import { type StreamRequest, streamChannels } from '@gantry/api-types/protocol';
import { linkStreams } from '@gantry/core/testing';
import { expect, it } from 'vitest';
import { createStreamHandler } from '../streams/serve-stream.ts';
import { type FakeNode, fakeImage, startFakeNode } from '../testing/fake-node.ts';
import { makePod } from '../testing/make-pod.ts';

async function ask<T>(node: FakeNode, request: StreamRequest): Promise<T> {
  const { opener } = linkStreams(createStreamHandler(() => node.manager));
  const stream = await opener.open(request, AbortSignal.timeout(10_000));
  const channel = stream.channel(streamChannels.data);
  channel.end();
  const answer = await text(channel);
  expect(await stream.ended).toBeUndefined();
  return JSON.parse(answer) as T;
}

it('answers over a stream of the session, and names what it cannot read', async () => {
  await using node = await startFakeNode();
  const pod = makePod({ name: 'web' });
  await node.runPod(pod);
  const { uid } = pod.metadata;
  const report = await ask<PodInspectionReport>(node, {
    kind: 'inspectPod',
    pod: { namespace: 'default', name: 'web', uid },
  });
  expect(report.containers).toMatchObject([{ name: 'main', state: 'running', image: { names: [fakeImage] } }]);
  expect(report.phases.map(({ phase }) => phase)).toContain('creating');
  // The fake engine's processes are nobody's.
  expect(report.unread).toMatchObject([{ what: 'process of container main' }]);
  const images = await ask<NodeInspectionReport>(node, { kind: 'inspectNode' });
  expect(images).toMatchObject({ imageCount: 1, images: [{ names: [fakeImage], pods: ['default/web'] }], unread: [] });
});

it('refuses pods that are not on the node', async () => {
  await using node = await startFakeNode();
  const pod = { namespace: 'default', name: 'gone', uid: 'u' };
  await expect(ask(node, { kind: 'inspectPod', pod })).rejects.toThrow('pod gone is not on the node');
});

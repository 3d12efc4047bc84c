import { once } from 'node:events';
import { streamChannels } from '@gantry/api-types/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { tokens } from '../api/testing/test-api.ts';
import { type StreamRig, startStreamRig } from './testing/stream-rig.ts';

let rig: StreamRig;
let readersGone = 0;

beforeEach(async () => {
  readersGone = 0;
  rig = await startStreamRig(async (request, stream) => {
    stream.accept();
    stream.channel(streamChannels.stdout).write('one\ntwo\n');
    if (request.kind !== 'logs' || !request.options.follow) return;
    await once(stream.signal, 'abort');
    readersGone += 1;
  });
});
afterEach(() => rig[Symbol.asyncDispose]());

it('carries a log as bytes, or as base64 where that is offered', async () => {
  const [bytes, base64, none] = [
    await rig.open('log?tailLines=5', ['binary.k8s.io']),
    await rig.open('log', ['base64.binary.k8s.io']),
    await rig.open('log'),
  ];
  expect(await Promise.all([bytes, base64, none].map(({ closed }) => closed))).toEqual([1000, 1000, 1000]);
  expect(bytes.messages).toEqual([Buffer.from('one\ntwo\n')]);
  expect(base64.messages).toEqual([Buffer.from('one\ntwo\n').toString('base64')]);
  expect(none.messages).toEqual(bytes.messages);
  expect(rig.asked[0]).toMatchObject({ kind: 'logs', options: { container: 'c', tailLines: 5 } });
});

it('ends at the agent when the client goes, which is no error', async () => {
  const client = await rig.open('log?follow=true', ['base64.binary.k8s.io']);
  await expect.poll(() => client.messages.length).toBe(1);
  client.socket.close();
  await expect.poll(() => readersGone).toBe(1);
  await client.closed;
  expect(rig.api.logged).toEqual([]);
});

it('refuses as plain answers', async () => {
  expect((await rig.refusal('log', ['v4.channel.k8s.io']))[0]).toBe(400);
  expect((await rig.refusal('log?tailLines=-1'))[0]).toBe(422);
  const [code, body] = await rig.refusal('log?previous=true');
  expect([code, body]).toEqual([400, expect.stringContaining('previous terminated container')]);
});

it('serves a watch to a browser that offers its token and a subprotocol', async () => {
  const bearer = `base64url.bearer.authorization.k8s.io.${Buffer.from(tokens.admin).toString('base64url')}`;
  const address = rig.api.app.server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/pods?watch=true`, [bearer, 'base64.binary.k8s.io']);
  const [data] = await once(socket, 'message');
  expect(JSON.parse(String(data))).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'web' } } });
  // The token is not sent back.
  expect(socket.protocol).toBe('base64.binary.k8s.io');
  socket.terminate();
});

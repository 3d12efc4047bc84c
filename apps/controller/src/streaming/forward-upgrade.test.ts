import { once } from 'node:events';
import { ApiError } from '@gantry/api-types';
import { streamChannels } from '@gantry/api-types/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type StreamRig, startStreamRig } from './testing/stream-rig.ts';

let rig: StreamRig;

beforeEach(async () => {
  rig = await startStreamRig(async (request, stream) => {
    if (request.kind !== 'portForward') return;
    if (request.port === 81) throw new ApiError('ServiceUnavailable', 'nothing listens');
    stream.accept();
    const data = stream.channel(streamChannels.data);
    data.on('data', (chunk: Buffer) => data.write(`${request.port}:${chunk}`));
    await once(data, 'end');
  });
});
afterEach(() => rig[Symbol.asyncDispose]());

const littleEndian = (port: number) => Buffer.from([port & 0xff, port >> 8]).toString();

it('forwards several ports over pairs of channels', async () => {
  const client = await rig.open('portforward?ports=80&ports=8080', ['v4.channel.k8s.io']);
  client.send(0, 'one');
  client.send(2, 'two');
  await expect.poll(() => [client.on(0), client.on(2)]).toEqual([`${littleEndian(80)}80:one`, expect.any(String)]);
  await expect.poll(() => client.on(2).endsWith('8080:two')).toBe(true);
  expect([1, 3].map((channel) => client.on(channel).length)).toEqual([2, 2]);
});

it('tells on the error channel why a port cannot be reached', async () => {
  const client = await rig.open('portforward?ports=81');
  expect(await client.closed).toBe(1000);
  expect(client.on(1)).toMatch(/error forwarding port 81 to pod web, uid .*: nothing listens$/);
});

it('takes the subprotocol with a slash that kubectl offers', async () => {
  const { head } = await rig.request('GET', 'portforward', [
    'connection: Upgrade',
    'upgrade: websocket',
    'sec-websocket-version: 13',
    'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-protocol: SPDY/3.1+portforward.k8s.io',
  ]);
  // RFC 6455 has this answer to this key.
  expect(head).toContain('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n');
  expect(head).toContain('Sec-WebSocket-Protocol: SPDY/3.1+portforward.k8s.io\r\n');
});

it.each(['portforward', 'portforward?ports=0', 'portforward?ports=80&ports=x'])('refuses %s', async (path) => {
  const [code, body] = await rig.refusal(path);
  expect([code, body]).toEqual([400, expect.stringContaining('must name 1 to 32 ports from 1 to 65535')]);
});

it('refuses pods that do not run', async () => {
  const { client } = rig.api;
  const pod = await client.get('pods', 'default', 'web');
  await client.updateStatus('pods', { ...pod, status: { ...pod.status, phase: 'Succeeded' } });
  const [code, body] = await rig.refusal('portforward?ports=80');
  expect(code).toBe(400);
  expect(body).toContain('unable to forward port because pod is not running. Current status=Succeeded');
});

import { once } from 'node:events';
import { type StreamRequest, streamLimits } from '@gantry/api-types/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTestSessions, type TestAgent, type TestSessions } from './testing/test-sessions.ts';

const pod = { namespace: 'default', name: 'web', uid: 'uid-1' };
const options = { container: 'main', follow: true, previous: false, timestamps: false };
const request: StreamRequest = { kind: 'logs', pod, options };
const stdout = 1;
const chunk = Buffer.alloc(16 * 1024, 'x');

let cluster: TestSessions;
let agent: TestAgent;

beforeEach(async () => {
  cluster = await createTestSessions();
  agent = await cluster.join();
});

afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
});

async function open(signal = new AbortController().signal) {
  const opening = cluster.sessions.openStream('node-1', request, signal);
  const { id } = await agent.received('openStream');
  agent.send({ type: 'streamOpened', id });
  return { id, logs: (await opening).channel(stdout) };
}

/** Sends as an agent does: no more than the window and what was granted since. */
function sendWhileGranted(id: number, totalBytes: number): { sent: () => number } {
  let sent = 0;
  const pump = () => {
    const granted = agent.frames.reduce((sum, frame) => sum + (frame.type === 'streamCredit' ? frame.bytes : 0), 0);
    for (; sent < totalBytes && sent < streamLimits.windowBytes + granted; sent += chunk.byteLength)
      agent.sendData(id, stdout, chunk);
    if (sent >= totalBytes) {
      agent.socket.off('message', pump);
      agent.send({ type: 'streamEnded', id });
    }
  };
  agent.socket.on('message', pump);
  pump();
  return { sent: () => sent };
}

it('carries bytes in their order to the end', async () => {
  const { id, logs } = await open();
  for (const text of ['one\n', 'two\n', 'three\n']) agent.sendData(id, stdout, Buffer.from(text));
  agent.send({ type: 'streamEnded', id });
  const texts: string[] = [];
  for await (const data of logs) texts.push(String(data));
  expect(texts.join('')).toBe('one\ntwo\nthree\n');
});

it('holds the agent back while nobody reads, and carries everything once somebody does', async () => {
  const totalBytes = 8 * 1024 * 1024;
  const { id, logs } = await open();
  const sending = sendWhileGranted(id, totalBytes);
  await once(logs, 'readable');
  agent.send({ type: 'heartbeat' });
  await agent.received('heartbeat');
  expect(sending.sent()).toBeLessThan(2 * streamLimits.windowBytes);
  let received = 0;
  for await (const data of logs) {
    received += (data as Buffer).byteLength;
    // A reader that takes one chunk a turn: what it leaves must not be asked for.
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(received).toBe(totalBytes);
});

it('ends a stream whose agent sends more than it may', async () => {
  const { id, logs } = await open();
  const failed = once(logs, 'error');
  for (let i = 0; i < 300; i += 1) agent.sendData(id, stdout, chunk);
  expect(String(await failed)).toContain('more bytes than it may');
  await agent.received('closeStream');
});

it('tells the agent when the reader goes', async () => {
  const controller = new AbortController();
  const { id } = await open(controller.signal);
  controller.abort();
  expect((await agent.received('closeStream')).id).toBe(id);
});

it('rejects where the reader goes before the stream is open', async () => {
  const controller = new AbortController();
  const opening = cluster.sessions.openStream('node-1', request, controller.signal);
  const { id } = await agent.received('openStream');
  controller.abort();
  await expect(opening).rejects.toThrow();
  expect((await agent.received('closeStream')).id).toBe(id);
  await expect(cluster.sessions.openStream('node-1', request, controller.signal)).rejects.toThrow();
  expect(agent.frames.filter(({ type }) => type === 'openStream')).toHaveLength(1);
});

it('passes the refusal of the agent on', async () => {
  const opening = cluster.sessions.openStream('node-1', request, new AbortController().signal);
  const { id } = await agent.received('openStream');
  agent.send({ type: 'streamRefused', id, error: { reason: 'BadRequest', message: 'no previous run' } });
  await expect(opening).rejects.toMatchObject({ reason: 'BadRequest', message: 'no previous run' });
});

it('gives up on an agent that does not answer, and takes the request back', async () => {
  const opening = cluster.sessions.openStream('node-1', request, new AbortController().signal);
  const { id } = await agent.received('openStream');
  const refused = expect(opening).rejects.toMatchObject({ reason: 'Timeout' });
  for (let second = 0; second < 15; second += 1) {
    agent.send({ type: 'heartbeat' });
    await expect.poll(() => agent.frames.filter(({ type }) => type === 'heartbeat').length).toBe(second + 1);
    cluster.api.clock.advance(1_000);
  }
  await refused;
  expect((await agent.received('closeStream')).id).toBe(id);
});

it('breaks off with the connection, for readers and for who waits', async () => {
  const { logs } = await open();
  const failed = once(logs, 'error');
  const waiting = cluster.sessions.openStream('node-1', request, new AbortController().signal);
  const refused = expect(waiting).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
  agent.socket.terminate();
  expect(String(await failed)).toContain('connection');
  await refused;
  const none = cluster.sessions.openStream('node-1', request, new AbortController().signal);
  await expect(none).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
});

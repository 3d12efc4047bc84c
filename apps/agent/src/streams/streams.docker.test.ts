import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { Status } from '@gantry/api-types';
import { type StreamRequest, streamChannels } from '@gantry/api-types/protocol';
import { copyStream } from '@gantry/core/streams/copy-stream';
import type { OpenedStream } from '@gantry/core/streams/stream-opener';
import { linkStreams } from '@gantry/core/testing';
import { expect, it } from 'vitest';
import { makePod } from '../testing/make-pod.ts';
import { execIn } from '../testing/test-engine.ts';
import { startTestNode, type TestNode } from '../testing/test-node.ts';
import { NamespaceDialers } from './namespace-dialer.ts';
import { createStreamHandler } from './serve-stream.ts';

const never = new AbortController().signal;

function openerOf(node: TestNode) {
  return linkStreams(createStreamHandler(() => node.manager)).opener;
}

async function runningPod(node: TestNode, script: string, container: object = {}) {
  const pod = makePod({ container: { command: ['/bin/sh', '-c', script], ...container } });
  await node.runPod(pod);
  const { name, namespace = 'default', uid } = pod.metadata;
  return { pod, reference: { name, namespace, uid } };
}

function terminal(options: object = {}) {
  return { container: 'main', stdin: false, stdout: true, stderr: true, tty: false, ...options };
}

async function readAll(source: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  source.on('data', (data: Buffer) => chunks.push(data));
  await once(source, 'end');
  return Buffer.concat(chunks);
}

async function outcome(stream: OpenedStream) {
  const channel = (number: number) => readAll(stream.channel(number)).then(String);
  const { stdout, stderr, error } = streamChannels;
  const [out, err, status] = await Promise.all([channel(stdout), channel(stderr), channel(error)]);
  return { out, err, status: JSON.parse(status) as Status };
}

it('runs commands with their streams and exit codes', async () => {
  await using node = await startTestNode();
  const { reference: pod } = await runningPod(node, 'trap "exit 0" TERM; while :; do sleep 0.1; done');
  const opener = openerOf(node);
  const exec = (script: string, options: object = {}): Promise<OpenedStream> => {
    const command = ['/bin/sh', '-c', script];
    return opener.open({ kind: 'exec', pod, command, options: terminal(options) }, never);
  };
  const done = await outcome(await exec('echo out; echo err >&2; exit 7'));
  expect([done.out, done.err]).toEqual(['out\n', 'err\n']);
  expect(done.status).toMatchObject({
    status: 'Failure',
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: '7' }] },
  });
  expect((await outcome(await exec('true'))).status.status).toBe('Success');
  const missing = await opener.open({ kind: 'exec', pod, command: ['/no/such'], options: terminal() }, never);
  expect((await outcome(missing)).status.details?.causes?.[0]?.message).toMatch(/12[67]/);
  const gone: StreamRequest = { kind: 'exec', pod, command: ['true'], options: terminal({ container: 'other' }) };
  await expect(opener.open(gone, never)).rejects.toMatchObject({ message: 'container not found ("other")' });
});

it('pipes megabytes through a command, and ends its input', async () => {
  await using node = await startTestNode();
  const { reference: pod } = await runningPod(node, 'sleep 3600');
  const options = terminal({ stdin: true });
  const stream = await openerOf(node).open({ kind: 'exec', pod, command: ['cat'], options }, never);
  const block = Buffer.alloc(64 * 1024, 'gantry');
  const blocks = 320;
  const sending = copyStream(Readable.from(Array.from({ length: blocks }, () => block)), stream.channel(0));
  const back = await readAll(stream.channel(1));
  await sending;
  expect(back.length).toBe(blocks * block.length);
  expect(back.subarray(-block.length).equals(block)).toBe(true);
  expect(await stream.ended).toBeUndefined();
});

it('gives a command a terminal of the size it is told', async () => {
  await using node = await startTestNode();
  const { reference: pod } = await runningPod(node, 'sleep 3600');
  const options = terminal({ stdin: true, tty: true });
  const command = ['/bin/busybox', 'sh'];
  const stream = await openerOf(node).open({ kind: 'exec', pod, command, options }, never);
  let shown = '';
  stream.channel(1).on('data', (data: Buffer) => {
    shown += data.toString();
  });
  stream.channel(4).write('{"Width":123,"Height":45}\n');
  await expect
    .poll(() => {
      stream.channel(0).write('busybox stty size\n');
      return shown;
    })
    .toContain('45 123');
  stream.channel(0).write('exit 5\n');
  const status = JSON.parse(String(await readAll(stream.channel(3)))) as Status;
  expect(status.details?.causes?.[0]?.message).toBe('5');
});

it('ends a command whose client has gone', async () => {
  await using node = await startTestNode();
  const { pod, reference } = await runningPod(node, 'sleep 3600');
  const command = ['/bin/sleep', '4242'];
  const stream = await openerOf(node).open({ kind: 'exec', pod: reference, command, options: terminal() }, never);
  const processes = () => execIn(node.containerId(pod), 'busybox', 'ps', '-o', 'args');
  await expect.poll(processes).toContain('sleep 4242');
  stream.close();
  await expect.poll(processes).not.toContain('sleep 4242');
});

it('holds a command back whose output nobody reads', async () => {
  await using node = await startTestNode();
  const { pod, reference } = await runningPod(node, 'sleep 3600');
  const command = [
    '/bin/sh',
    '-c',
    'while :; do echo x >> /tmp/count; dd if=/dev/zero bs=65536 count=1 2>/dev/null; done',
  ];
  const stream = await openerOf(node).open({ kind: 'exec', pod: reference, command, options: terminal() }, never);
  const rounds = async () =>
    Number((await execIn(node.containerId(pod), 'busybox', 'wc', '-l', '/tmp/count')).split(' ')[0]);
  let last = -1;
  // It has stopped once two looks agree: what it wrote fills the bounded buffers between here and there.
  await expect
    .poll(
      async () => {
        const before = last;
        last = await rounds();
        return last > 0 && before === last;
      },
      { interval: 500 },
    )
    .toBe(true);
  expect(last * 65_536).toBeLessThan(8 * 1024 * 1024);
  stream.close();
});

it('attaches to the process of a container', async () => {
  await using node = await startTestNode();
  const { pod, reference } = await runningPod(node, 'exec cat', { stdin: true, stdinOnce: true });
  const options = terminal({ stdin: true });
  const stream = await openerOf(node).open({ kind: 'attach', pod: reference, options }, never);
  const [echoed] = await Promise.all([
    once(stream.channel(1), 'data'),
    new Promise((resolve) => stream.channel(0).write('hello\n', resolve)),
  ]);
  expect(String(echoed[0])).toBe('hello\n');
  // stdinOnce: the end of the first client's input is the end of the process's.
  stream.channel(0).end();
  const status = JSON.parse(String(await readAll(stream.channel(3)))) as Status;
  expect(status.status).toBe('Success');
  const restarts = () => node.api.status(pod.metadata.uid)?.containerStatuses?.[0]?.restartCount;
  await expect.poll(restarts).toBeGreaterThan(0);
});

it('forwards connections to ports at the pod’s address and at its loopback', async () => {
  await using node = await startTestNode();
  const serve = 'echo inside > /tmp/file; nc -ll -p 8080 -e /bin/cat & exec httpd -f -p 127.0.0.1:9090 -h /tmp';
  const { reference: pod } = await runningPod(node, serve);
  const opener = openerOf(node);
  const echo = async (port: number, text: string) => {
    const stream = await opener.open({ kind: 'portForward', pod, port }, never);
    stream.channel(0).end(text);
    return String(await readAll(stream.channel(0)));
  };
  const get = () => echo(9090, 'GET /file HTTP/1.0\r\n\r\n');
  await expect.poll(() => echo(8080, 'ready').catch(() => '')).toBe('ready');
  expect(await get()).toContain('\r\n\r\ninside\n');
  // All are open at the same time; busybox lets very few wait to be accepted, so that each is heard of before the next.
  const open: { stream: OpenedStream; answer: Promise<Buffer> }[] = [];
  for (let i = 0; i < 20; i += 1) {
    const stream = await opener.open({ kind: 'portForward', pod, port: 8080 }, never);
    open.push({ stream, answer: readAll(stream.channel(0)) });
    stream.channel(0).write(`connection ${i}`);
    await once(stream.channel(0), 'data');
  }
  for (const { stream } of open) stream.channel(0).end('!');
  const answers = await Promise.all(open.map(({ answer }) => answer));
  expect(answers.map(String)).toEqual(open.map((_, i) => `connection ${i}!`));
  for (const answer of await Promise.all(Array.from({ length: 5 }, get))) expect(answer).toContain('inside');
  await expect(echo(7070, '')).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
});

it('says why a loopback cannot be reached', async () => {
  const dialers = new NamespaceDialers();
  const failure = await dialers.dial(0, 80).catch((error: Error) => error.message);
  expect(failure).toContain('root');
  const refused = await dialers.dial(process.pid, 1).catch((error: Error) => error.message);
  expect((refused as Socket | string).toString()).toContain('ECONNREFUSED');
  dialers.stop();
});

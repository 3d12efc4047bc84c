import { once } from 'node:events';
import { ApiError, type Status } from '@gantry/api-types';
import { streamChannels } from '@gantry/api-types/protocol';
import type { IncomingStream } from '@gantry/core/streams/stream-acceptor';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tokens } from '../api/testing/test-api.ts';
import { type StreamRig, startStreamRig } from './testing/stream-rig.ts';

const { stdin, stdout, stderr, error, resize } = streamChannels;
const success = JSON.stringify({ kind: 'Status', status: 'Success' });
const failure = JSON.stringify({ kind: 'Status', status: 'Failure', message: 'exit status 7' });

/** The commands that the stand-in for an agent knows. */
const programs: Readonly<Record<string, (stream: IncomingStream) => Promise<void>>> = {
  async print(stream) {
    stream.channel(stdout).write('out');
    stream.channel(stderr).write('err');
    stream.channel(error).write(success);
  },
  async fail(stream) {
    stream.channel(error).write(failure);
  },
  async cat(stream) {
    stream.accept();
    const input = stream.channel(stdin);
    input.on('data', (data: Buffer) => stream.channel(stdout).write(data));
    await once(input, 'end');
    stream.channel(error).write(success);
  },
  async sizes(stream) {
    stream.accept();
    const [data] = await once(stream.channel(resize), 'data');
    stream.channel(stdout).write(data as Buffer);
    stream.channel(error).write(success);
  },
  async refuse() {
    throw new ApiError('NotFound', 'container not found ("c")');
  },
  async flood(stream) {
    stream.accept();
    while (!stream.signal.aborted) {
      const block = Buffer.alloc(64 * 1024);
      await new Promise<void>((resolve) => stream.channel(stdout).write(block, () => resolve()));
      floodBytes += block.length;
    }
  },
};
let floodBytes = 0;
let rig: StreamRig;

/** The flood has begun, and nothing moved for a while. */
async function floodStops(): Promise<void> {
  let before = 0;
  const isStill = () => {
    const result = floodBytes > 0 && floodBytes === before;
    before = floodBytes;
    return result;
  };
  await expect.poll(isStill, { interval: 200, timeout: 20_000 }).toBe(true);
}

beforeEach(async () => {
  floodBytes = 0;
  rig = await startStreamRig(async (request, stream) => {
    const program = request.kind === 'exec' ? request.command[0] : 'cat';
    await programs[program ?? '']?.(stream);
  });
});
afterEach(() => rig[Symbol.asyncDispose]());

const v5 = ['v5.channel.k8s.io'];
const all = 'stdin=true&stdout=true&stderr=true';

describe('exec over a WebSocket', () => {
  it('carries output, errors and how the command ended, each on its channel', async () => {
    const client = await rig.open('exec?command=print&command=a%20b&stdout=1&stderr=1', v5);
    expect(client.socket.protocol).toBe('v5.channel.k8s.io');
    expect(await client.closed).toBe(1000);
    expect([client.on(stdout), client.on(stderr)]).toEqual(['out', 'err']);
    expect(JSON.parse(client.on(error)) as Status).toMatchObject({ status: 'Success' });
    expect(rig.asked).toMatchObject([{ kind: 'exec', command: ['print', 'a b'], options: { container: 'c' } }]);
    // The first message, an empty one, says that the session is open.
    expect(client.messages[0]).toEqual(Buffer.from([stdout]));
  });

  it('carries input until the client ends its channel', async () => {
    const client = await rig.open(`exec?command=cat&${all}`, v5);
    client.send(stdin, 'to ');
    client.send(stdin, 'and fro');
    // What belongs to no channel that was asked for is dropped.
    client.send(9, 'noise');
    client.socket.send(Buffer.from([255, stdin]));
    expect(await client.closed).toBe(1000);
    expect(client.on(stdout)).toBe('to and fro');
  });

  it('speaks base64', async () => {
    const client = await rig.open('exec?command=print&stdout=1', ['v4.base64.channel.k8s.io']);
    await client.closed;
    expect(client.messages).toContain(`1${Buffer.from('out').toString('base64')}`);
    expect(client.messages.at(-1)).toMatch(/^3/);
  });

  it('tells clients of the oldest version failures as text, and success not at all', async () => {
    const [failed, done] = [
      await rig.open('exec?command=fail&stdout=1', ['channel.k8s.io']),
      await rig.open('exec?command=print&stdout=1'),
    ];
    await Promise.all([failed.closed, done.closed]);
    expect(failed.on(error)).toBe('exit status 7');
    expect([done.socket.protocol, done.on(error), done.on(stdout)]).toEqual(['', '', 'out']);
  });

  it('tells the terminal’s size', async () => {
    const client = await rig.open(`exec?command=sizes&tty=true&${all}`, v5);
    client.send(resize, '{"Width":80,"Height":24}');
    await client.closed;
    expect(client.on(stdout)).toBe('{"Width":80,"Height":24}\n');
  });

  it('hangs up on a message that is none of the protocol', async () => {
    const client = await rig.open(`exec?command=cat&${all}`, ['v4.channel.k8s.io']);
    client.socket.send(Buffer.from([255, stdin]));
    expect(await client.closed).toBe(1002);
  });

  it('holds the command back while the client does not read, and ends it with the client', async () => {
    const client = await rig.open('exec?command=flood&stdout=1', v5);
    client.socket.pause();
    await floodStops();
    const before = floodBytes;
    expect(floodBytes).toBeLessThan(32 * 1024 * 1024);
    client.socket.resume();
    await expect.poll(() => floodBytes, { timeout: 20_000 }).toBeGreaterThan(before);
    client.socket.terminate();
    await floodStops();
    expect(rig.api.logged).toEqual([]);
  });
});

describe('exec and attach', () => {
  it('take the token that a browser puts among the subprotocols, and do not send it back', async () => {
    const bearer = `base64url.bearer.authorization.k8s.io.${Buffer.from(tokens.admin).toString('base64url')}`;
    const client = await rig.open('exec?command=print&stdout=1', [bearer, 'v4.channel.k8s.io'], {});
    expect(client.socket.protocol).toBe('v4.channel.k8s.io');
    await client.closed;
  });

  it('attach without a command', async () => {
    const client = await rig.open(`attach?${all}`, v5);
    client.socket.send(Buffer.from([255, stdin]));
    await client.closed;
    expect(rig.asked).toMatchObject([{ kind: 'attach', options: { stdin: true, tty: false } }]);
  });

  it('answer over SPDY with the version that they chose', async () => {
    const upgrade = ['connection: Upgrade', 'upgrade: SPDY/3.1'];
    const version = (name: string) => `x-stream-protocol-version: ${name}`;
    const path = 'exec?command=cat&stdin=1&stdout=1';
    const { head } = await rig.request('POST', path, [
      ...upgrade,
      version('v9.channel.k8s.io'),
      version('v4.channel.k8s.io'),
    ]);
    expect(head).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
    expect(head).toContain('X-Stream-Protocol-Version: v4.channel.k8s.io\r\n');
    const refused = await rig.request('POST', path, [...upgrade, version('v9.channel.k8s.io')]);
    expect(refused.head).toMatch(/^HTTP\/1\.1 403 /);
  });

  it('are refused as plain answers, in Kubernetes’ words', async () => {
    const cases: [path: string, protocols: string[], token: string, code: number, text: string][] = [
      ['exec?command=print&stdout=1', v5, '', 401, 'Unauthorized'],
      ['exec?command=print&stdout=1', v5, tokens.reader, 403, 'cannot create resource \\"pods/exec\\"'],
      ['exec?command=print&stdout=1', ['v9.channel.k8s.io'], tokens.admin, 400, 'v5.channel.k8s.io'],
      ['exec?stdout=1', v5, tokens.admin, 400, 'you must specify at least one command for the container'],
      ['exec?command=print', v5, tokens.admin, 400, 'you must specify at least 1 of stdin, stdout, stderr'],
      ['exec?command=print&stdout=1&container=x', v5, tokens.admin, 400, 'container x is not valid for pod web'],
      ['exec?command=refuse&stdout=1', v5, tokens.admin, 404, 'container not found (\\"c\\")'],
    ];
    for (const [path, protocols, token, code, text] of cases) {
      const [status, body] = await rig.refusal(path, protocols, token);
      expect([path, status]).toEqual([path, code]);
      expect(body).toContain(text);
    }
    const plain = await rig.api.call('GET', '/api/v1/namespaces/default/pods/web/exec?command=print&stdout=1');
    expect([plain.code, plain.text]).toEqual([400, expect.stringContaining('Upgrade request required')]);
    const other = await rig.request('POST', 'exec?command=cat&stdout=1', ['connection: Upgrade', 'upgrade: h2c']);
    expect(other.head).toContain('websocket or SPDY/3.1 only');
  });
});

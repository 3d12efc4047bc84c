import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { PassThrough } from 'node:stream';
import type { Pod } from '@gantry/api-types';
import {
  type AgentFrame,
  agentProtocol,
  type ControllerFrame,
  closeCodes,
  decodeStreamData,
  type NodeRegistration,
  type StreamRequest,
  streamLimits,
} from '@gantry/api-types/protocol';
import { FakeClock } from '@gantry/core/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { NodePods } from '../node-api.ts';
import { FakeRuntime } from '../runtime/fake-runtime.ts';
import { ControllerConnection } from './controller-connection.ts';
import { NodeState } from './node-state.ts';

const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'default', uid: 'uid-1', resourceVersion: '1', creationTimestamp: '' },
  spec: { containers: [{ name: 'main', image: 'web:1' }] },
  status: {},
};

/** The controller's end of one connection, spoken by hand. */
class Session {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  readonly frames: AgentFrame[] = [];
  readonly closed: Promise<unknown>;
  bytes = 0;
  #onFrame: () => void = () => undefined;

  constructor(socket: WebSocket, request: IncomingMessage) {
    this.socket = socket;
    this.request = request;
    this.closed = once(socket, 'close');
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.bytes += decodeStreamData(data)?.data.byteLength ?? 0;
      else this.frames.push(JSON.parse(String(data)) as AgentFrame);
      this.#onFrame();
    });
  }

  send(frame: ControllerFrame): void {
    this.socket.send(JSON.stringify(frame));
  }

  welcome(heartbeatMs = 20): void {
    const services = {
      clusterCidr: '10.244.0.0/16',
      serviceCidr: '10.96.0.0/16',
      dnsIp: '10.96.0.10',
      domain: 'cluster.local',
    };
    this.send({
      type: 'welcome',
      nodeName: 'node-1',
      cluster: 'test',
      podCIDR: '10.244.0.0/24',
      heartbeatMs,
      services,
    });
  }

  async received(type: AgentFrame['type'], count = 1): Promise<AgentFrame> {
    for (;;) {
      const found = this.frames.filter((frame) => frame.type === type)[count - 1];
      if (found) return found;
      await new Promise<void>((resolve) => {
        this.#onFrame = resolve;
      });
    }
  }
}

let http: Server;
let clock: FakeClock;
let state: NodeState;
let connection: ControllerConnection;
let errors: string[];
let welcomes: number;
const sessions: Session[] = [];
let onSession: () => void = () => undefined;

async function session(count: number): Promise<Session> {
  for (;;) {
    const found = sessions[count - 1];
    if (found) return found;
    await new Promise<void>((resolve) => {
      onSession = resolve;
    });
  }
}

beforeEach(async () => {
  sessions.splice(0);
  errors = [];
  welcomes = 0;
  http = createServer();
  new WebSocketServer({ server: http }).on('connection', (socket, request) => {
    sessions.push(new Session(socket, request));
    onSession();
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  clock = new FakeClock();
  state = new NodeState();
  connection = connectionTo(http);
});

afterEach(async () => {
  await connection.stop();
  for (const { socket } of sessions) socket.terminate();
  http.close();
});

function connectionTo(server: Server): ControllerConnection {
  const address = server.address();
  const logger = {
    debug() {},
    info() {},
    warn() {},
    error: (_fields: object, message: string) => void errors.push(message),
    child: () => logger,
  };
  return new ControllerConnection({
    server: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    caPem: '',
    token: 'node-token',
    agentVersion: '0',
    state,
    clock,
    logger,
    random: () => 0,
    registration: () => ({ labels: {} }) as NodeRegistration,
    onNodeRoutes: () => undefined,
    onIngress: () => undefined,
    onWantedMetrics: () => undefined,
    instruments: [],
    onWelcome: () => {
      welcomes += 1;
    },
  });
}

async function connected(count = 1): Promise<Session> {
  const current = await session(count);
  await current.received('hello');
  current.welcome();
  current.send({ type: 'objects', items: [{ resource: 'pods', object: pod }] });
  current.send({ type: 'synced' });
  await expect.poll(() => state.hasSynced && connection.isConnected).toBe(true);
  return current;
}

it('says hello with the credential of the node, and beats once it is welcome', async () => {
  connection.start();
  const first = await connected();
  expect(first.request.url).toBe(agentProtocol.sessionPath);
  expect(first.request.headers.authorization).toBe('Bearer node-token');
  await first.received('heartbeat', 3);
  expect(state.pods().has('uid-1')).toBe(true);
  expect(welcomes).toBe(1);
});

it('reports what it has only once the full state is there, and all of it again after a reconnect', async () => {
  state.reportPodStatus(pod, { phase: 'Running' });
  connection.start();
  const first = await connected();
  const report = { type: 'podStatuses', items: [{ uid: 'uid-1', status: { phase: 'Running' } }] };
  expect(await first.received('podStatuses')).toMatchObject(report);
  first.socket.terminate();
  const second = await connected(2);
  expect(await second.received('podStatuses')).toMatchObject(report);
});

it('keeps its pods through a restart of the controller, and drops those that the next one does not name', async () => {
  connection.start();
  const first = await connected();
  first.socket.close(closeCodes.goingAway);
  const second = await session(2);
  await second.received('hello');
  expect(state.pods().size).toBe(1);
  second.welcome();
  second.send({ type: 'synced' });
  await expect.poll(() => state.pods().size).toBe(0);
});

it('gives up a connection on which the controller is silent', async () => {
  connection.start();
  const first = await connected();
  clock.advance(10_001);
  await first.closed;
  await connected(2);
});

it('gives up a connection on which no welcome comes', async () => {
  connection.start();
  const first = await session(1);
  await first.received('hello');
  clock.advance(30_000);
  await first.closed;
  await session(2);
});

it('starts over on a malformed frame, and lives', async () => {
  connection.start();
  for (const [i, text] of ['{', '{"type":"objects"}', '{"type":"objects","items":[{"resource":"pods"}]}'].entries()) {
    const current = await connected(i + 1);
    current.socket.send(text);
    await current.closed;
  }
  await connected(4);
});

it('waits longer after a refusal, and says why', async () => {
  connection.start();
  const first = await session(1);
  first.send({ type: 'refused', reason: 'Forbidden', message: 'no pod CIDR is free' });
  first.socket.close(closeCodes.badFrame);
  await expect.poll(() => errors).toEqual(['the controller refused this node']);
  await expectNoSession(2);
});

it('does not take turns with another agent of the same credential', async () => {
  connection.start();
  const first = await connected();
  first.socket.close(closeCodes.replaced);
  await expect.poll(() => errors.join()).toContain('another agent runs with the credential');
  await expectNoSession(2);
});

it('says what to do where the credential is not accepted', async () => {
  http.removeAllListeners('upgrade');
  http.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n'));
  connection.start();
  await expect.poll(() => errors.join()).toContain('gantry join');
});

it('stops whatever state it is in', async () => {
  const before = connectionTo(http);
  await before.stop();
  const connecting = connectionTo(http);
  connecting.start();
  await connecting.stop();
  const closed = createServer();
  closed.listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const unreachable = connectionTo(closed);
  closed.close();
  unreachable.start();
  await unreachable.stop();
  connection.start();
  await connected(sessions.length + 1);
  await connection.stop();
  expect(connection.isConnected).toBe(false);
});

it('sends log bytes as far as it was granted, and the rest when it is granted more', async () => {
  const source = new PassThrough({ highWaterMark: 1024 });
  connection.setPods(podsWithLogs(async () => source));
  connection.start();
  const current = await connected();
  const options = { container: 'main', follow: true, previous: false, timestamps: false };
  const reference = { namespace: 'default', name: 'web', uid: 'uid-1' };
  const { windowBytes: window } = streamLimits;
  const request: StreamRequest = { kind: 'logs', pod: reference, options };
  current.send({ type: 'openStream', id: 7, windowBytes: window, request });
  await current.received('streamOpened');
  const data = Buffer.alloc(2 * window, 'x');
  for (let at = 0; at < data.length; at += 32 * 1024) source.write(data.subarray(at, at + 32 * 1024));
  await expect.poll(() => current.bytes).toBe(window);
  await current.received('heartbeat', 2);
  expect(current.bytes).toBe(window);
  current.send({ type: 'streamCredit', id: 7, channel: 1, bytes: window });
  source.end();
  await current.received('streamEnded');
  expect(current.bytes).toBe(2 * window);
});

it('ends a stream whose source breaks, and lives', async () => {
  const broken = new PassThrough();
  const cut = new PassThrough();
  const sources = [broken, cut];
  connection.setPods(podsWithLogs(async () => sources.shift() ?? Promise.reject(new Error('no more'))));
  connection.start();
  const current = await connected();
  const options = { container: 'main', follow: true, previous: false, timestamps: false };
  const open = (id: number) =>
    current.send({
      type: 'openStream',
      id,
      windowBytes: streamLimits.windowBytes,
      request: { kind: 'logs', pod: { namespace: 'default', name: 'web', uid: 'uid-1' }, options },
    });
  open(1);
  await current.received('streamOpened', 1);
  broken.destroy(new Error('the engine broke off'));
  expect(await current.received('streamEnded', 1)).toMatchObject({ id: 1, error: { reason: 'InternalError' } });
  open(2);
  await current.received('streamOpened', 2);
  cut.destroy();
  expect(await current.received('streamEnded', 2)).toMatchObject({ id: 2, error: { reason: 'InternalError' } });
  open(3);
  expect(await current.received('streamRefused')).toMatchObject({ id: 3 });
});

function podsWithLogs(openLogs: NodePods['openLogs']): NodePods {
  const none = () => {
    throw new Error('none');
  };
  const runtime = new FakeRuntime(clock);
  return { openLogs, sampleUsage: none, findContainer: none, findNetwork: none, runtime };
}

/** Several times the first retry pass without a connection. */
async function expectNoSession(count: number): Promise<void> {
  const late = new Promise((resolve) => setTimeout(resolve, 600, 'none'));
  expect(await Promise.race([session(count), late])).toBe('none');
}

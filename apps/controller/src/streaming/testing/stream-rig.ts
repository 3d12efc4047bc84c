import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { StreamRequest } from '@gantry/api-types/protocol';
import type { StreamHandler } from '@gantry/core/streams/stream-acceptor';
import { linkStreams } from '@gantry/core/testing';
import { WebSocket } from 'ws';
import { createTestApi, podBody, type TestApi, tokens } from '../../api/testing/test-api.ts';

/** The API on a real port, with a running pod `web` (container `c`) on a node whose agent does as it is told. */
export interface StreamRig extends AsyncDisposable {
  readonly api: TestApi;
  /** What the agent was asked for, in its order. */
  readonly asked: StreamRequest[];
  /** A WebSocket to a subresource of the pod, such as `exec?command=ls`. */
  open(path: string, protocols?: readonly string[], headers?: Readonly<Record<string, string>>): Promise<TestSocket>;
  /** The HTTP status and the body that refuse a WebSocket. */
  refusal(path: string, protocols?: readonly string[], token?: string): Promise<readonly [number, string]>;
  /** A connection on which an HTTP request with these header lines was sent. */
  request(
    method: string,
    path: string,
    headers: readonly string[],
  ): Promise<{ readonly head: string; readonly socket: Socket }>;
}

const pods = '/api/v1/namespaces/default/pods';

export async function startStreamRig(handle: StreamHandler): Promise<StreamRig> {
  const asked: StreamRequest[] = [];
  const { opener } = linkStreams(handle);
  const api = await createTestApi({
    nodeStreams: {
      openStream: (_node, request, signal) => {
        asked.push(request);
        return opener.open(request, signal);
      },
    },
  });
  await api.app.listen({ port: 0, host: '127.0.0.1' });
  await runPod(api);
  const { port } = api.app.server.address() as AddressInfo;
  const url = (path: string) => `ws://127.0.0.1:${port}${pods}/web/${path}`;
  const admin = { authorization: `Bearer ${tokens.admin}` };
  const sockets: { terminate(): void }[] = [];
  return {
    api,
    asked,
    async open(path, protocols = [], headers = admin) {
      const socket = new WebSocket(url(path), [...protocols], { headers });
      sockets.push(socket);
      const opened = new TestSocket(socket);
      await once(socket, 'open');
      return opened;
    },
    refusal: (path, protocols = [], token = tokens.admin) =>
      new Promise((resolve, reject) => {
        const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
        const socket = new WebSocket(url(path), [...protocols], { headers });
        socket.once('open', () => reject(new Error(`${path} was not refused`)));
        socket.on('error', () => undefined);
        socket.once('unexpected-response', (_request, response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.once('end', () => resolve([response.statusCode ?? 0, String(Buffer.concat(chunks))]));
        });
      }),
    async request(method, path, headers) {
      const socket = connect(port, '127.0.0.1');
      sockets.push({ terminate: () => socket.destroy() });
      socket.on('error', () => undefined);
      const lines = [
        `${method} ${pods}/web/${path} HTTP/1.1`,
        'host: x',
        `authorization: ${admin.authorization}`,
        ...headers,
      ];
      socket.write(`${lines.join('\r\n')}\r\n\r\n`);
      return { head: await readHead(socket), socket };
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.terminate();
      await api[Symbol.asyncDispose]();
    },
  };
}

async function runPod(api: TestApi): Promise<void> {
  await api.call('POST', pods, { body: podBody('web', { spec: { nodeName: 'n1' } }) });
  const pod = await api.client.get('pods', 'default', 'web');
  const state = { running: { startedAt: '2026-11-21T12:00:00Z' } };
  const running = { name: 'c', ready: true, restartCount: 0, image: 'nginx:1', imageID: '', state };
  const status = { ...pod.status, phase: 'Running' as const, containerStatuses: [running] };
  await api.client.updateStatus('pods', { ...pod, status });
}

async function readHead(socket: Socket): Promise<string> {
  let text = '';
  while (!text.includes('\r\n\r\n')) text += String((await once(socket, 'data'))[0]);
  return text;
}

/** A client's WebSocket, with all that has come on it. */
export class TestSocket {
  readonly socket: WebSocket;
  /** The code that it was closed with. */
  readonly closed: Promise<number>;
  readonly messages: (Buffer | string)[] = [];

  constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = once(socket, 'close').then(([code]) => code as number);
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer, isBinary) => this.messages.push(isBinary ? data : data.toString()));
  }

  /** What came on a channel, in the binary protocols. */
  on(channel: number): string {
    const parts = this.messages.map((message) => Buffer.from(message)).filter(([first]) => first === channel);
    return Buffer.concat(parts.map((message) => message.subarray(1))).toString();
  }

  send(channel: number, text: string | Buffer): void {
    this.socket.send(Buffer.concat([Buffer.from([channel]), Buffer.from(text)]));
  }
}

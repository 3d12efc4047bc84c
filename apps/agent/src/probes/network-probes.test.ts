import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { status as grpcStatus, Server, ServerCredentials } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { probeGrpc } from './grpc-probe.ts';
import { probeHttp } from './http-probe.ts';
import { probeTcp } from './tcp-probe.ts';

const host = '127.0.0.1';

async function serve(handler: RequestListener): Promise<{ port: number } & AsyncDisposable> {
  const server = createHttpServer(handler);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('an http probe', () => {
  const plain = { host, path: '/healthz', scheme: 'HTTP', headers: [], timeoutMs: 1_000 };

  it.each([
    [200, 'success'],
    [204, 'success'],
    [304, 'success'],
    [400, 'failure'],
    [503, 'failure'],
  ])('takes %i for a %s', async (code, type) => {
    await using server = await serve((_, response) => response.writeHead(code).end());
    const message = type === 'failure' ? { message: `HTTP probe failed with statuscode: ${code}` } : {};
    expect(await probeHttp({ ...plain, port: server.port })).toEqual({ type, ...message });
  });

  it('sends the headers it is told to', async () => {
    let seen: unknown;
    await using server = await serve((request, response) => {
      seen = { ...request.headers, url: request.url };
      response.end();
    });
    const headers = [
      { name: 'Host', value: 'shop.example' },
      { name: 'Cookie', value: 'a=b' },
    ];
    await probeHttp({ ...plain, path: '/a?b=c', port: server.port, headers });
    expect(seen).toMatchObject({ host: 'shop.example', cookie: 'a=b', url: '/a?b=c', 'user-agent': 'kube-probe/1.36' });
  });

  it('follows redirects on the host, not to others', async () => {
    await using server = await serve((request, response) => {
      if (request.url === '/healthz') response.writeHead(302, { location: '/next' }).end();
      else if (request.url === '/away') response.writeHead(302, { location: 'http://elsewhere.invalid/' }).end();
      else response.writeHead(500).end();
    });
    const { port } = server;
    expect(await probeHttp({ ...plain, port })).toMatchObject({ type: 'failure' });
    expect(await probeHttp({ ...plain, path: '/away', port })).toEqual({ type: 'success' });
  });

  it('says what Kubernetes says where nobody answers', async () => {
    const port = await closedPort();
    expect(await probeHttp({ ...plain, port })).toEqual({
      type: 'failure',
      message: `Get "http://127.0.0.1:${port}/healthz": dial tcp 127.0.0.1:${port}: connect: connection refused`,
    });
    await using server = await serve(() => undefined);
    const slow = await probeHttp({ ...plain, port: server.port, timeoutMs: 100 });
    expect(slow).toMatchObject({ message: expect.stringContaining('context deadline exceeded') });
  });
});

describe('a tcp probe', () => {
  it('needs only a connection', async () => {
    await using server = await serve(() => undefined);
    expect(await probeTcp({ host, port: server.port, timeoutMs: 1_000 })).toEqual({ type: 'success' });
    const port = await closedPort();
    expect(await probeTcp({ host, port, timeoutMs: 1_000 })).toEqual({
      type: 'failure',
      message: `dial tcp 127.0.0.1:${port}: connect: connection refused`,
    });
  });
});

describe('a grpc probe', () => {
  /** A health service that answers with the status numbers given by service name. */
  async function health(statuses: Record<string, number>): Promise<{ port: number } & AsyncDisposable> {
    const server = new Server();
    const definition = {
      check: {
        path: '/grpc.health.v1.Health/Check',
        requestStream: false,
        responseStream: false,
        requestDeserialize: (bytes: Buffer) => ({ service: bytes.subarray(2).toString('utf8') }),
        requestSerialize: ({ service }: { service: string }) => Buffer.from(service),
        responseSerialize: (value: number) => Buffer.from([0x08, value]),
        responseDeserialize: (bytes: Buffer) => bytes[1] ?? 0,
      },
    };
    server.addService(definition, {
      check: (call: { request: { service: string } }, answer: (error: object | null, value?: number) => void) => {
        const value = statuses[call.request.service];
        if (value === undefined) answer({ code: grpcStatus.NOT_FOUND, details: 'unknown service' });
        else answer(null, value);
      },
    });
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync(`${host}:0`, ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    return { port, [Symbol.asyncDispose]: async () => server.forceShutdown() };
  }

  it('asks for the health of the service', async () => {
    await using server = await health({ '': 1, ill: 2 });
    const probe = (service: string) => probeGrpc({ host, port: server.port, service, timeoutMs: 2_000 });
    expect(await probe('')).toEqual({ type: 'success' });
    expect(await probe('ill')).toEqual({
      type: 'failure',
      message: 'service unhealthy (responded with "NOT_SERVING")',
    });
    expect(await probe('none')).toEqual({
      type: 'failure',
      message: 'error: health rpc probe failed: unknown service',
    });
  });

  it('fails where nobody listens', async () => {
    const port = await closedPort();
    const result = await probeGrpc({ host, port, service: '', timeoutMs: 1_000 });
    const message = expect.stringContaining(`timeout: failed to connect service "127.0.0.1:${port}" within 1s`);
    expect(result).toEqual({ type: 'failure', message });
  });
});

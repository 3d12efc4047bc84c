import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { connect } from 'node:tls';
import type { IngressConfig, IngressTarget } from '@gantry/api-types/ingress-config';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { testCertificate } from '../testing/test-certificate.ts';
import { type IngressServer, startIngressServer } from './ingress-server.ts';

/** A pod: says its name and what it was asked, counts the bytes of a body, echoes WebSocket messages. */
class Pod {
  readonly server: Server;
  readonly sockets: WebSocketServer;

  readonly name: string;

  constructor(name: string) {
    this.name = name;
    this.server = createServer(async (asked, response) => {
      if (asked.url === '/half') {
        response.write('half of it');
        setImmediate(() => asked.socket.destroy());
        return;
      }
      let bytes = 0;
      for await (const chunk of asked) bytes += (chunk as Buffer).length;
      const { host, 'x-forwarded-for': forwardedFor } = asked.headers;
      response.end(JSON.stringify({ pod: this.name, url: asked.url, host, bytes, forwardedFor }));
    });
    this.sockets = new WebSocketServer({ server: this.server });
    this.sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`${this.name}: ${data}`)));
  }

  async start(): Promise<IngressTarget> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return { host: '127.0.0.1', port: (this.server.address() as AddressInfo).port };
  }

  stop(): void {
    this.sockets.close();
    this.server.closeAllConnections();
    this.server.close();
  }
}

describe('the ingress proxy', () => {
  let proxy: IngressServer;
  let port: number;
  let pods: readonly Pod[];
  let targets: IngressTarget[];

  beforeEach(async () => {
    pods = [new Pod('a'), new Pod('b')];
    targets = await Promise.all(pods.map((pod) => pod.start()));
    proxy = await startIngressServer({ http: { host: '127.0.0.1', port: 0 } });
    port = proxy.addresses.http?.port ?? 0;
    proxy.setConfig(configFor(targets));
  });
  afterEach(async () => {
    for (const pod of pods) pod.stop();
    await proxy.stop(100);
  });

  function configFor(to: readonly IngressTarget[]): IngressConfig {
    const path = { type: 'Prefix', path: '/', service: 'shop/web' } as const;
    return { hosts: [{ host: 'shop.example', paths: [{ ...path, targets: to }] }], certificates: [] };
  }

  async function get(path: string, host = 'shop.example', body?: Readable): Promise<{ code: number; text: string }> {
    const sent = request({ port, host: '127.0.0.1', path, method: body ? 'POST' : 'GET', headers: { host } });
    if (body) body.pipe(sent);
    else sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response) text += chunk;
    return { code: response.statusCode ?? 0, text };
  }

  it('leads requests to the pods in turn, with the host that was asked for and who asked', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => get('/cart?x=1')));
    const bodies = answers.map(({ text }) => JSON.parse(text));
    expect(bodies.map(({ pod }) => pod).toSorted()).toEqual(['a', 'a', 'b', 'b']);
    for (const body of bodies)
      expect(body).toMatchObject({ url: '/cart?x=1', host: 'shop.example', forwardedFor: '127.0.0.1' });
  });

  it('answers 404 where no rule matches and 503 where no pod is ready, and says why', async () => {
    expect(await get('/', 'other.example')).toEqual({
      code: 404,
      text: expect.stringContaining('no Ingress has a rule'),
    });
    proxy.setConfig(configFor([]));
    expect(await get('/')).toEqual({ code: 503, text: 'no pod of Service shop/web is ready\n' });
  });

  it('asks another pod where one is gone, and answers 502 where all are', async () => {
    pods[0]?.stop();
    const answers = await Promise.all([1, 2, 3, 4].map(() => get('/')));
    for (const { text } of answers) expect(JSON.parse(text)).toMatchObject({ pod: 'b', forwardedFor: '127.0.0.1' });
    pods[1]?.stop();
    expect(await get('/')).toMatchObject({ code: 502 });
  });

  it('asks again where a kept connection turns out to be closed', async () => {
    const seen = new WeakSet<object>();
    const closing = createServer((asked, response) => {
      // Closed as the second request comes: a server that stops, or that has kept the connection for long enough.
      if (seen.has(asked.socket)) asked.socket.destroy();
      else response.end('once');
      seen.add(asked.socket);
    });
    closing.listen(0, '127.0.0.1');
    await once(closing, 'listening');
    proxy.setConfig(configFor([{ host: '127.0.0.1', port: (closing.address() as AddressInfo).port }]));
    for (let i = 0; i < 4; i += 1) expect(await get('/')).toEqual({ code: 200, text: 'once' });
    closing.closeAllConnections();
    closing.close();
  });

  it('breaks off an answer that a pod does not finish', async () => {
    await expect(get('/half')).rejects.toThrow(/aborted/);
  });

  it('passes bodies on as they come, however large', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    const body = Readable.from(
      (function* () {
        for (let i = 0; i < 64; i += 1) yield chunk;
      })(),
    );
    const { text } = await get('/upload', 'shop.example', body);
    expect(JSON.parse(text)).toMatchObject({ bytes: 64 * 1024 * 1024 });
  });

  it('passes WebSockets on', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/live`, { headers: { host: 'shop.example' } });
    await once(socket, 'open');
    socket.send('hello');
    const [message] = (await once(socket, 'message')) as [Buffer];
    expect(message.toString()).toMatch(/^[ab]: hello$/);
    socket.close();
  });

  it('shares its port with the proxies of other nodes on the same host', async () => {
    const other = await startIngressServer({ http: { host: '127.0.0.1', port } });
    other.setConfig(configFor(targets));
    expect(await get('/')).toMatchObject({ code: 200 });
    await other.stop(100);
  });
});

describe('the ingress proxy by TLS', () => {
  it('proves itself to clients that name no host, as those do that use an address', async () => {
    const proxy = await startIngressServer({ https: { host: '127.0.0.1', port: 0 } });
    const { certificate, key } = testCertificate;
    proxy.setConfig({ hosts: [], certificates: [{ hosts: ['ingress.test'], certificate, key }] });
    const socket = connect({ port: proxy.addresses.https?.port ?? 0, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    expect(socket.getPeerCertificate().subject.CN).toBe('ingress.test');
    socket.destroy();
    await proxy.stop(100);
  });
});

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { ApiError } from '@gantry/api-types';
import { streamChannels } from '@gantry/api-types/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tokens } from '../api/testing/test-api.ts';
import { type StreamRig, startStreamRig } from '../streaming/testing/stream-rig.ts';
import { parseProxyPath } from './proxy-path.ts';

const pod = '/api/v1/namespaces/default/pods/web:8080/proxy';

let rig: StreamRig;
let server: Server;
let origin: string;

beforeEach(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.url === '/old') return void response.writeHead(302, { location: '/new' }).end();
    response.setHeader('x-answered-by', 'web');
    response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
  });
  server.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: echo\r\n\r\n');
    socket.pipe(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  rig = await startStreamRig(async (asked, stream) => {
    if (asked.kind !== 'portForward') return;
    if (asked.port === 81) throw new ApiError('ServiceUnavailable', 'nothing listens');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
    stream.accept();
    const data = stream.channel(streamChannels.data);
    socket.on('error', () => undefined);
    data.pipe(socket).pipe(data);
    await once(socket, 'close');
  });
  const { port } = rig.api.app.server.address() as AddressInfo;
  origin = `http://127.0.0.1:${port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rig[Symbol.asyncDispose]();
});

const send = (path: string, { token = tokens.admin, ...options }: RequestInit & { token?: string } = {}) =>
  fetch(`${origin}${path}`, {
    redirect: 'manual',
    ...options,
    headers: { ...options.headers, authorization: `Bearer ${token}` },
  });

describe('the proxy to a pod', () => {
  it('passes requests on as they are, but for the credentials', async () => {
    const headers = { 'content-type': 'text/odd', cookie: 'a=b' };
    const answer = await send(`${pod}/a%20b/c?x=1&y=2`, { method: 'POST', body: 'hello', headers });
    expect([answer.status, answer.headers.get('x-answered-by')]).toEqual([200, 'web']);
    const seen = (await answer.json()) as { headers: Record<string, string> };
    expect(seen).toMatchObject({ method: 'POST', url: '/a%20b/c?x=1&y=2', body: 'hello' });
    expect(seen.headers).toMatchObject({ 'content-type': 'text/odd', 'x-forwarded-uri': `${pod}/a%20b/c` });
    expect(Object.keys(seen.headers)).not.toEqual(expect.arrayContaining(['authorization']));
    expect(Object.keys(seen.headers)).not.toEqual(expect.arrayContaining(['cookie']));
    expect(rig.asked).toMatchObject([{ kind: 'portForward', port: 8080 }]);
  });

  it('leads redirects back through itself', async () => {
    const answer = await send(`${pod}/old`);
    expect([answer.status, answer.headers.get('location')]).toEqual([302, `${pod}/new`]);
  });

  it('passes upgraded connections on', async () => {
    const socket = connect((rig.api.app.server.address() as AddressInfo).port, '127.0.0.1');
    const lines = [`GET ${pod}/live HTTP/1.1`, 'host: x', `authorization: Bearer ${tokens.admin}`];
    socket.write([...lines, 'connection: Upgrade', 'upgrade: echo', '', ''].join('\r\n'));
    expect(String((await once(socket, 'data'))[0])).toContain('101 Switching Protocols');
    socket.write('ping');
    expect(String((await once(socket, 'data'))[0])).toBe('ping');
    socket.destroy();
  });

  it('says why nobody answers', async () => {
    const answer = await send('/api/v1/namespaces/default/pods/web:81/proxy/');
    expect(await answer.json()).toMatchObject({ kind: 'Status', code: 503, message: 'nothing listens' });
    const wrong = await send('/api/v1/namespaces/default/pods/web:http/proxy/');
    expect(await wrong.json()).toMatchObject({ code: 400, message: expect.stringContaining('"http" is no port') });
    const absent = await send('/api/v1/namespaces/default/pods/none/proxy/');
    expect(await absent.json()).toMatchObject({ code: 404, message: 'pods "none" not found' });
  });

  it('is not for those who may only read', async () => {
    const answer = await send(`${pod}/`, { token: tokens.reader });
    expect(await answer.json()).toMatchObject({
      code: 403,
      message: expect.stringContaining('cannot get resource "pods/proxy"'),
    });
    expect(rig.asked).toEqual([]);
  });
});

describe('the proxy to a Service', () => {
  const services = '/api/v1/namespaces/default/services';

  beforeEach(async () => {
    const body = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'shop' },
      spec: { ports: [{ name: 'http', port: 80, targetPort: 9000 }] },
    };
    await rig.api.call('POST', services, { body });
  });

  const setEndpoint = (ready: boolean) =>
    rig.api.call('POST', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
      body: {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { name: 'shop-1', labels: { 'kubernetes.io/service-name': 'shop' } },
        addressType: 'IPv4',
        endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready }, targetRef: { kind: 'Pod', name: 'web' } }],
        ports: [{ name: 'http', port: 9000, protocol: 'TCP' }],
      },
    });

  it('goes to a port of a ready pod', async () => {
    await setEndpoint(true);
    for (const name of ['shop', 'shop:http', 'shop:80']) {
      const answer = await send(`${services}/${name}/proxy/items`);
      expect([name, answer.status, await answer.json()]).toEqual([
        name,
        200,
        expect.objectContaining({ url: '/items' }),
      ]);
    }
    expect(rig.asked).toMatchObject([{ port: 9000 }, { port: 9000 }, { port: 9000 }]);
  });

  it('says which ports there are, and that nobody is ready', async () => {
    await setEndpoint(false);
    const none = await send(`${services}/shop/proxy/`);
    expect(await none.json()).toMatchObject({ code: 503, message: 'no endpoints available for service "shop"' });
    const wrong = await send(`${services}/shop:81/proxy/`);
    expect(await wrong.json()).toMatchObject({ message: 'service "shop" has no port "81": it has http' });
  });
});

it.each([
  ['/api/v1/namespaces/a/pods/b/proxy', { resource: 'pods', name: 'b', scheme: 'http', port: undefined, rest: '/' }],
  ['/api/v1/namespaces/a/services/https:b:web/proxy/x/y', { scheme: 'https', name: 'b', port: 'web', rest: '/x/y' }],
  ['/api/v1/namespaces/a/pods/b%3A80/proxy/', { name: 'b', port: '80', rest: '/' }],
])('takes %s apart', (path, parts) => {
  expect(parseProxyPath(path)).toMatchObject({ namespace: 'a', ...parts });
});

it.each(['/api/v1/namespaces/a/pods/b/proxyx', '/api/v1/namespaces/a/pods/b', '/api/v1/namespaces/a/pods/%/proxy'])(
  'leaves %s alone',
  (path) => {
    expect(parseProxyPath(path)).toBeUndefined();
  },
);

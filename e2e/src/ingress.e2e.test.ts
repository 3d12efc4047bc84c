import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { request as requestTls } from 'node:https';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Ingress, Pod } from '@gantry/api-types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from './testbed/deadline.ts';
import { buildImage, openEngine, removeImages } from './testbed/images.ts';
import { runCommand } from './testbed/local-cluster.ts';
import { LocalTestCluster } from './testbed/local-test-cluster.ts';
import { isPodReady } from './testbed/pods.ts';

const docker = openEngine();
const image = 'gantry-e2e/ingress-peer:1';
const ports = { http: 32_080, https: 32_443 };

interface Answer {
  readonly code: number;
  readonly text: string;
  readonly json: { pod?: string; service?: string; url?: string; host?: string; proto?: string; bytes?: number };
}

/** From outside, through the nodes' proxies, to pods. */
describe('Ingresses', () => {
  let test: LocalTestCluster;
  let dir: string;

  beforeAll(async () => {
    const server = await readFile(fileURLToPath(new URL('./testbed/ingress-peer.mjs', import.meta.url)));
    const dockerfile = ['FROM gantry-demo/node:26', 'COPY peer.mjs /peer.mjs', 'ENTRYPOINT ["node","/peer.mjs"]'];
    await buildImage(docker, image, dockerfile.join('\n'), [{ name: 'peer.mjs', mode: 0o644, content: server }]);
    dir = await mkdtemp(join(tmpdir(), 'gantry-ingress-'));
    const flags = ['--ingress-port', String(ports.http), '--ingress-tls-port', String(ports.https)];
    test = await LocalTestCluster.start(['--no-demo', ...flags]);
    await makeCertificate();
    await apply(...workload('web', 2), ...workload('api', 1), shop);
    await test.waitFor<Pod>(
      'the pods are Ready',
      '/api/v1/pods',
      (pods) => pods.length === 3 && pods.every(isPodReady),
    );
    await everyProxyLeads('/', 'web');
    await everyProxyLeads('/api', 'api');
  });

  afterAll(async () => {
    await test?.stop();
    await rm(dir, { recursive: true, force: true });
    await removeImages(docker, [image]);
  });

  it('lead by host and path to the pods of their Services', async () => {
    expect((await get('shop.example', '/cart?x=1')).json).toMatchObject({
      service: 'web',
      url: '/cart?x=1',
      host: 'shop.example',
    });
    expect((await get('shop.example', '/api/items')).json.service).toBe('api');
    expect((await get('shop.example', '/apiary')).json.service).toBe('web');
    expect(await get('else.example', '/')).toMatchObject({ code: 404 });
    const pods = new Set<string | undefined>();
    await waitUntil(
      'both pods answer',
      60_000,
      async () => pods.add((await get('shop.example', '/')).json.pod).size === 2,
    );
  });

  it('show the certificate of their Secret', async () => {
    const ca = await readFile(join(dir, 'cert.pem'), 'utf8');
    const answer = await get('shop.example', '/', { ca });
    expect(answer.json).toMatchObject({ service: 'web', proto: 'https' });
  });

  it('say where they are reached', async () => {
    const [ingress] = await test.waitFor<Ingress>(
      'the Ingress has an address',
      '/apis/networking.k8s.io/v1/namespaces/default/ingresses',
      (found) => found.every(({ status }) => (status.loadBalancer?.ingress ?? []).length > 0),
    );
    expect(ingress?.status.loadBalancer?.ingress?.[0]).toMatchObject({ ip: '127.0.0.1' });
    expect(await test.kubectl.must('get', 'ingressclass')).toContain('gantry.io/ingress');
  });

  it('pass large bodies and upgraded connections on', async () => {
    const chunk = Buffer.alloc(1024 * 1024);
    const body = Readable.from(Array.from({ length: 32 }, () => chunk));
    expect((await get('shop.example', '/upload', { body })).json.bytes).toBe(32 * 1024 * 1024);
    expect(await echoAfterUpgrade('hello')).toBe('hello');
  });

  it('are not the only way: kubectl reaches pods and Services through the API server', async () => {
    const path = '/api/v1/namespaces/default/services/web:80/proxy/hello?x=1';
    expect(JSON.parse(await test.kubectl.must('get', '--raw', path))).toMatchObject({
      service: 'web',
      url: '/hello?x=1',
    });
    const pod = (await test.kubectl.must('get', 'pods', '-l', 'app=api', '-o', 'name')).trim().replace('pod/', '');
    const raw = `/api/v1/namespaces/default/pods/${pod}:8080/proxy/`;
    expect(JSON.parse(await test.kubectl.must('get', '--raw', raw))).toMatchObject({ service: 'api', pod });
  });

  it('follow their Services: no pod, no answer, until there are pods again', async () => {
    await test.kubectl.must('scale', 'deployment', 'api', '--replicas=0');
    await waitUntil('503', 60_000, async () => (await get('shop.example', '/api')).code === 503);
    expect((await get('shop.example', '/')).code).toBe(200);
    await test.kubectl.must('scale', 'deployment', 'api', '--replicas=1');
    await waitUntil('200', 60_000, async () => (await get('shop.example', '/api')).code === 200);
  });

  it('have a default, and are over when they are deleted', async () => {
    const backend = { service: { name: 'api', port: { number: 80 } } };
    await apply(ingress('fallback', { defaultBackend: backend }));
    await waitUntil('the default answers', 60_000, async () => (await get('else.example', '/')).json.service === 'api');
    await test.kubectl.must('delete', 'ingress', '--all');
    await waitUntil('nothing listens or all is refused', 60_000, async () =>
      get('shop.example', '/').then(
        ({ code }) => code === 404,
        () => true,
      ),
    );
  });

  /**
   * The nodes' proxies share the port, and the kernel picks one for each connection: all of them know the way when
   * this many connections in a row were led right (three proxies; one that lags is missed once in 100,000 times).
   */
  async function everyProxyLeads(path: string, service: string): Promise<void> {
    const inARow = 30;
    await waitUntil(`every proxy leads ${path} to ${service}`, 60_000, async () => {
      for (let sent = 0; sent < inARow; sent += 1) {
        if ((await get('shop.example', path)).json.service !== service) return false;
      }
      return true;
    });
  }

  function apply(...objects: readonly object[]): Promise<string> {
    return test.kubectl.feed(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }), 'apply', '-f', '-');
  }

  async function makeCertificate(): Promise<void> {
    const files = ['-keyout', join(dir, 'key.pem'), '-out', join(dir, 'cert.pem')];
    const subject = ['-subj', '/CN=shop.example', '-addext', 'subjectAltName=DNS:shop.example'];
    const { code, stderr } = await runCommand('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      ...subject,
      ...files,
    ]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    await test.kubectl.must(
      'create',
      'secret',
      'tls',
      'shop-tls',
      `--cert=${join(dir, 'cert.pem')}`,
      `--key=${join(dir, 'key.pem')}`,
    );
  }
});

const pathTo = (path: string, name: string) => ({
  path,
  pathType: 'Prefix',
  backend: { service: { name, port: { number: 80 } } },
});
const shop = ingress('shop', {
  tls: [{ hosts: ['shop.example'], secretName: 'shop-tls' }],
  rules: [{ host: 'shop.example', http: { paths: [pathTo('/', 'web'), pathTo('/api', 'api')] } }],
});

function ingress(name: string, spec: object): object {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name }, spec };
}

function workload(name: string, replicas: number): object[] {
  const labels = { app: name };
  const container = {
    name: 'main',
    image,
    imagePullPolicy: 'Never',
    env: [{ name: 'SERVICE', value: name }],
    readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
  };
  const template = { metadata: { labels }, spec: { terminationGracePeriodSeconds: 2, containers: [container] } };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: { replicas, selector: { matchLabels: labels }, template },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
    },
  ];
}

async function get(host: string, path: string, { ca, body }: { ca?: string; body?: Readable } = {}): Promise<Answer> {
  const target = { host: '127.0.0.1', path, method: body ? 'POST' : 'GET', headers: { host }, agent: false };
  const sent = ca
    ? requestTls({ ...target, port: ports.https, servername: host, ca })
    : request({ ...target, port: ports.http });
  const answered = new Promise<IncomingMessage>((resolve, reject) => sent.on('response', resolve).on('error', reject));
  if (body) body.pipe(sent);
  else sent.end();
  const response = await answered;
  let text = '';
  for await (const chunk of response) text += chunk;
  return { code: response.statusCode ?? 0, text, json: text.startsWith('{') ? JSON.parse(text) : {} };
}

async function echoAfterUpgrade(text: string): Promise<string> {
  const headers = {
    host: 'shop.example',
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': Buffer.alloc(16).toString('base64'),
  };
  const sent = request({ host: '127.0.0.1', port: ports.http, path: '/live', headers });
  const socket = await new Promise<Socket>((resolve, reject) => {
    sent.on('upgrade', (_response, upgraded: Socket) => resolve(upgraded)).on('error', reject);
    sent.on('response', (response) => reject(new Error(`not upgraded: ${response.statusCode}`)));
    sent.end();
  });
  const echoed = new Promise<string>((resolve) => socket.once('data', (data: Buffer) => resolve(data.toString())));
  socket.write(text);
  try {
    return await echoed;
  } finally {
    socket.destroy();
  }
}

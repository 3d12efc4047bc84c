import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pod, Status } from '@gantry/api-types';
import { streamChannels } from '@gantry/api-types/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { configMapBody, deploymentBody, podBody } from '../api/testing/test-api.ts';
import { type StreamRig, startStreamRig, TestSocket } from '../streaming/testing/stream-rig.ts';
import { createDashboardServer, type DashboardServer } from './dashboard-server.ts';
import { silentLogger } from './silent-logger.ts';

const pods = '/k8s/api/v1/namespaces/default/pods';
const deployment = '/k8s/apis/apps/v1/namespaces/default/deployments/web';
const mergePatch = { 'content-type': 'application/merge-patch+json' };

let rig: StreamRig;
let server: DashboardServer;
let dist: string;
let origin: string;
let admin: string;
let reader: string;

beforeEach(async () => {
  rig = await startStreamRig(async (asked, stream) => {
    stream.accept();
    stream.channel(streamChannels.stdout).write('one\ntwo\n');
    if (asked.kind === 'logs' && asked.options.follow) await once(stream.signal, 'abort');
  });
  dist = await mkdtemp(join(tmpdir(), 'gantry-dashboard-'));
  server = createDashboardServer({
    objects: rig.api.objects,
    api: { backend: rig.api.inProcess, credentials: rig.api.dashboardCredentials },
    decisions: { get: () => undefined },
    usage: { latest: () => new Map(), lastSeen: () => undefined },
    cluster: { name: 'test', version: 'v1.36.0', settings: { nodeGraceSeconds: 4, defaultTolerationSeconds: 1 } },
    clock: rig.api.clock,
    logger: silentLogger,
    port: 0,
    dashboardDist: dist,
  });
  origin = `http://127.0.0.1:${await server.listen()}`;
  admin = await signIn('admin');
  reader = await signIn('read-only');
});

afterEach(async () => {
  await server.close();
  await rig[Symbol.asyncDispose]();
  await rm(dist, { recursive: true });
});

describe('an admin session', () => {
  it('reads, writes and deletes by the API, as a user of its own', async () => {
    await rig.api.call('POST', '/apis/apps/v1/namespaces/default/deployments', { body: deploymentBody('web') });
    const scaled = await send('PATCH', deployment, { cookie: admin, origin, ...mergePatch }, '{"spec":{"replicas":7}}');
    expect([scaled.status, json(scaled).spec]).toEqual([200, expect.objectContaining({ replicas: 7 })]);
    expect(scaled.headers['x-content-type-options']).toBe('nosniff');
    expect((await rig.api.client.get('deployments.apps', 'default', 'web')).spec.replicas).toBe(7);
    const body = JSON.stringify({ preconditions: { uid: 'another' } });
    const type = { 'content-type': 'application/json' };
    const conflict = await send('DELETE', `${pods}/web`, { cookie: admin, origin, ...type }, body);
    expect([conflict.status, json(conflict)]).toEqual([409, expect.objectContaining({ kind: 'Status' })]);
    expect((await send('DELETE', `${pods}/web`, { cookie: admin, origin })).status).toBe(200);
    expect(await whoAmI(admin)).toEqual({
      username: 'dashboard-admin',
      groups: expect.arrayContaining(['system:masters']),
    });
  });

  it('takes large bodies, which the other routes of the dashboard do not', async () => {
    const body = JSON.stringify(configMapBody('large', 'x'.repeat(100_000)));
    const type = { 'content-type': 'application/json' };
    const path = '/k8s/api/v1/namespaces/default/configmaps';
    expect((await send('POST', path, { cookie: admin, origin, ...type }, body)).status).toBe(201);
  });

  it('watches over HTTP until it hangs up', async () => {
    const response = await openResponse(`${pods}?watch=true&resourceVersion=0`, { cookie: admin });
    const lines = linesOf(response);
    expect(await lines()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'web' } } });
    await rig.api.call('POST', '/api/v1/namespaces/default/pods', { body: podBody('second') });
    expect(await lines()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'second' } } });
    response.destroy();
  });

  it('follows logs and runs commands over WebSockets', async () => {
    const logs = await open(`${pods}/web/log?follow=true`, ['binary.k8s.io'], { cookie: admin, origin });
    await expect.poll(() => logs.messages.map(String)).toEqual(['one\ntwo\n']);
    const command = 'exec?command=ls&stdin=true&stdout=true';
    const shell = await open(`${pods}/web/${command}`, ['v5.channel.k8s.io'], { cookie: admin, origin });
    await expect.poll(() => shell.on(1)).toBe('one\ntwo\n');
    expect(rig.asked.map(({ kind }) => kind)).toEqual(['logs', 'exec']);
    logs.socket.terminate();
    shell.socket.terminate();
  });

  it('has its streams broken off when the dashboard closes', async () => {
    const logs = await open(`${pods}/web/log?follow=true`, ['binary.k8s.io'], { cookie: admin, origin });
    const watch = await openResponse(`${pods}?watch=true&resourceVersion=0`, { cookie: admin });
    watch.on('error', () => undefined).resume();
    await server.close();
    expect(await logs.closed).toBe(1006);
  });

  it('gets the API server itself under no path', async () => {
    expect((await send('GET', '/k8s/gantry/v1/nothing', { cookie: admin })).status).toBe(404);
    expect(await refusal('/k8s/nothing', { cookie: admin, origin })).toBe(404);
    expect(await refusal(`${pods}?watch=false`, { cookie: admin, origin })).toBe(400);
  });
});

describe('a read-only session', () => {
  it('reads and follows logs', async () => {
    expect(json(await send('GET', pods, { cookie: reader })).kind).toBe('PodList');
    const logs = await open(`${pods}/web/log?follow=true`, ['binary.k8s.io'], { cookie: reader, origin });
    await expect.poll(() => logs.messages.map(String)).toEqual(['one\ntwo\n']);
    logs.socket.terminate();
    expect((await whoAmI(reader)).username).toBe('dashboard-read-only');
  });

  it('is refused writes, Secrets and the inside of containers, by the API', async () => {
    const headers = { cookie: reader, origin };
    const scaled = await send('PATCH', deployment, { ...headers, ...mergePatch }, '{"spec":{"replicas":0}}');
    expect([scaled.status, (json(scaled) as unknown as Status).message]).toEqual([
      403,
      expect.stringContaining('User "dashboard-read-only" cannot patch resource "deployments"'),
    ]);
    expect((await send('DELETE', `${pods}/web`, headers)).status).toBe(403);
    expect((await send('GET', '/k8s/api/v1/secrets', headers)).status).toBe(403);
    expect(await refusal(`${pods}/web/exec?command=ls&stdout=true`, headers)).toBe(403);
    const forged = { ...headers, authorization: 'Bearer admin-token' };
    expect((await send('DELETE', `${pods}/web`, forged)).status).toBe(403);
    expect((await rig.api.call<Pod>('GET', pods.slice(4))).code).toBe(200);
  });

  it('learns by review what it may do', async () => {
    const allowed = async (cookie: string, resourceAttributes: object) => {
      const path = '/k8s/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
      const review = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes },
      };
      const type = { 'content-type': 'application/json' };
      const answer = json(await send('POST', path, { cookie, origin, ...type }, JSON.stringify(review)));
      return (answer.status as { allowed: boolean }).allowed;
    };
    const exec = { verb: 'create', resource: 'pods', subresource: 'exec', namespace: 'default' };
    const log = { verb: 'get', resource: 'pods', subresource: 'log', namespace: 'default' };
    expect([await allowed(admin, exec), await allowed(reader, exec)]).toEqual([true, false]);
    expect(await allowed(reader, log)).toBe(true);
  });
});

describe('nobody else', () => {
  it('gets an answer without a session, under another name, or from another site', async () => {
    expect((await send('GET', pods, {})).status).toBe(401);
    expect((await send('GET', pods, { authorization: 'Bearer admin-token' })).status).toBe(401);
    for (const headers of foreign()) {
      expect((await send('GET', pods, { cookie: admin, ...headers })).status, JSON.stringify(headers)).toBe(403);
      expect(await refusal(`${pods}/web/log`, { cookie: admin, ...headers }), JSON.stringify(headers)).toBe(403);
    }
    expect(await refusal(`${pods}/web/log`, {})).toBe(401);
    expect(rig.asked).toEqual([]);
  });

  function foreign(): Record<string, string>[] {
    return [
      { host: 'evil.example' },
      { origin: 'http://evil.example' },
      { origin: 'http://127.0.0.1:1' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ];
  }
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const json = (answer: Answer) => JSON.parse(answer.body) as Record<string, unknown>;

/** Unlike fetch it sends any Host and Cookie. */
async function send(method: string, path: string, headers: Record<string, string>, body?: string): Promise<Answer> {
  const response = await openResponse(path, headers, method, body);
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, headers: response.headers, body: text };
}

function openResponse(
  path: string,
  headers: Record<string, string>,
  method = 'GET',
  body?: string,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // Node itself sends the body of a DELETE without its length.
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const sent = request(`${origin}${path}`, { method, headers: { ...length, ...headers } }, resolve);
    sent.on('error', reject);
    sent.end(body);
  });
}

/** The events of a watch, one a call. */
function linesOf(response: IncomingMessage): () => Promise<unknown> {
  const chunks = response[Symbol.asyncIterator]();
  let text = '';
  return async () => {
    while (!text.includes('\n')) text += String((await chunks.next()).value);
    const end = text.indexOf('\n');
    const line = text.slice(0, end);
    text = text.slice(end + 1);
    return JSON.parse(line);
  };
}

async function open(path: string, protocols: string[], headers: Record<string, string>): Promise<TestSocket> {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}${path}`, protocols, { headers });
  const opened = new TestSocket(socket);
  await once(socket, 'open');
  return opened;
}

/** The HTTP status that an upgrade is refused with. */
async function refusal(path: string, headers: Record<string, string>): Promise<number | undefined> {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}${path}`, ['binary.k8s.io'], { headers });
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  response.resume();
  return response.statusCode;
}

async function whoAmI(cookie: string) {
  const path = '/k8s/apis/authentication.k8s.io/v1/selfsubjectreviews';
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const type = { 'content-type': 'application/json' };
  const answer = json(await send('POST', path, { cookie, origin, ...type }, JSON.stringify(review)));
  return (answer.status as { userInfo: { username: string; groups: string[] } }).userInfo;
}

async function signIn(role: 'admin' | 'read-only'): Promise<string> {
  const path = server.issueLink(role).slice(origin.length);
  return (await send('GET', path, {})).headers['set-cookie']?.[0]?.split(';')[0] ?? '';
}

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FeedFrame } from '@gantry/api-types';
import { makeNode, makePod } from '@gantry/api-types/testing';
import { FakeClock } from '@gantry/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createDashboardServer, type DashboardServer } from './dashboard-server.ts';
import { FakeObjects } from './fake-objects.ts';
import { silentLogger } from './silent-logger.ts';

let server: DashboardServer;
let objects: FakeObjects;
let clock: FakeClock;
let dist: string;
let origin: string;

beforeEach(async () => {
  objects = new FakeObjects();
  clock = new FakeClock(Date.parse('2026-11-21T12:00:00Z'));
  dist = await mkdtemp(join(tmpdir(), 'gantry dashboard '));
  await open();
});

afterEach(async () => {
  await server.close();
  await rm(dist, { recursive: true });
});

describe('signing in', () => {
  it('turns the link into a session once', async () => {
    const link = server.issueLink('admin');
    expect(link).toMatch(new RegExp(`^${origin}/login\\?token=[\\w-]{32}$`));
    const first = await get(link);
    expect([first.status, first.headers.location]).toEqual([302, '/']);
    expect(first.headers['set-cookie']?.[0]).toMatch(
      /^gantry-\w{8}=admin\.\d+\.\S+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=604800$/,
    );
    const second = await get(link);
    expect([second.status, second.headers.location, second.headers['set-cookie']]).toEqual([
      302,
      '/?link=used',
      undefined,
    ]);
    expect((await get(`${origin}/?link=used`)).body).toContain('This link was used before');
  });

  it('answers 200 with how to get a link where there is no session', async () => {
    const page = await get(`${origin}/`);
    expect(page.status).toBe(200);
    expect(page.body).toContain('npx gantry dashboard');
    expect((await get(`${origin}/pod/default/web`)).status).toBe(401);
  });

  it('refuses data without a session', async () => {
    expect((await get(`${origin}/api/decisions/u1`)).status).toBe(401);
    expect((await get(`${origin}/k8s/api/v1/pods`)).status).toBe(401);
    expect(await feedStatus()).toBe(401);
    expect(await feedStatus({ cookie: 'gantry-00000000=admin.99999999999999.x' })).toBe(401);
  });

  it('refuses a forged or expired session and an expired link', async () => {
    const link = server.issueLink('admin');
    const cookie = await signIn();
    expect((await get(`${origin}/api/session`, { cookie })).status).toBe(200);
    expect((await get(`${origin}/api/session`, { cookie: cookie.replace('admin', 'read-only') })).status).toBe(401);
    clock.stall(12 * 3_600_000 + 1);
    expect((await get(link)).headers.location).toBe('/?link=used');
    clock.stall(7 * 24 * 3_600_000);
    expect((await get(`${origin}/api/session`, { cookie })).status).toBe(401);
  });

  it('keeps sessions over a restart where it is given the same key', async () => {
    await server.close();
    await open(new Uint8Array(32).fill(7));
    const cookie = await signIn();
    await server.close();
    await open(new Uint8Array(32).fill(7));
    expect((await get(`${origin}/api/session`, { cookie })).status).toBe(200);
  });
});

describe('other sites', () => {
  it('gets no answer under a name that is not the loopback', async () => {
    const cookie = await signIn();
    for (const host of ['evil.example', 'evil.example:8080', '127.0.0.1.evil.example', '192.168.1.4:8080']) {
      expect((await get(`${origin}/`, { cookie, host })).status, host).toBe(403);
    }
    expect(await feedStatus({ cookie, host: 'evil.example' })).toBe(403);
    expect((await get(`${origin}/api/session`, { cookie, host: 'localhost:9000' })).status).toBe(200);
  });

  it('cannot open the feed', async () => {
    expect(await feedStatus({ cookie: await signIn(), origin: 'http://evil.example' })).toBe(403);
  });
});

describe('the feed', () => {
  it('sends a snapshot and then changes', async () => {
    objects.put('nodes', makeNode({ name: 'node-1', zone: 'a' }));
    const feed = await openFeed(await signIn('read-only'));
    expect(await feed.next()).toMatchObject({
      type: 'snapshot',
      cluster: { role: 'read-only' },
      nodes: [{ key: 'node-1', zone: 'a' }],
    });
    objects.put('pods', makePod({ name: 'web-1' }));
    clock.advance(75);
    expect(await feed.next()).toMatchObject({ type: 'delta', changes: { pods: { set: [{ key: 'default/web-1' }] } } });
    feed.socket.terminate();
  });

  it('survives nonsense from a page', async () => {
    const cookie = await signIn();
    const feed = await openFeed(cookie);
    await feed.next();
    feed.socket.send(Buffer.alloc(100_000));
    await feed.closed;
    expect(await (await openFeed(cookie)).next()).toMatchObject({ type: 'snapshot' });
  });
});

describe('the page', () => {
  it('says in one line that it is not built', async () => {
    const page = await get(`${origin}/`, { cookie: await signIn() });
    expect(page.body).toContain('npm run build -w apps/dashboard');
  });

  it('is served at every place of it, under a content security policy', async () => {
    await mkdir(join(dist, 'assets'));
    await writeFile(join(dist, 'index.html'), '<title>built</title>');
    await writeFile(join(dist, 'assets', 'index-1.js'), 'code');
    const cookie = await signIn();
    for (const path of ['/', '/pod/default/web.1', '/node/node-1']) {
      const page = await get(`${origin}${path}`, { cookie });
      expect([page.status, page.body]).toEqual([200, '<title>built</title>']);
      expect(page.headers['content-security-policy']).toContain("script-src 'self';");
    }
    expect((await get(`${origin}/assets/index-1.js`, { cookie })).body).toBe('code');
    expect((await get(`${origin}/assets/%2e%2e%2findex.html`, { cookie })).body).not.toContain('built');
    expect((await get(`${origin}/api/nothing`, { cookie })).status).toBe(404);
  });

  it('finds decisions by pod uid', async () => {
    const cookie = await signIn();
    expect(JSON.parse((await get(`${origin}/api/decisions/known`, { cookie })).body)).toMatchObject({
      podUid: 'known',
      outcome: 'bound',
    });
    expect((await get(`${origin}/api/decisions/unknown`, { cookie })).status).toBe(404);
  });
});

/** The API has tests of its own, in `api-access.test.ts`. */
const noApi = { isReady: () => false, answer: () => undefined, upgrade: () => false };

async function open(sessionKey?: Uint8Array): Promise<void> {
  server = createDashboardServer({
    objects,
    clock,
    api: { backend: noApi, credentials: { authorization: () => 'Bearer x' } },
    decisions: {
      get: (podUid) =>
        podUid === 'known'
          ? {
              podKey: 'default/web',
              podUid,
              at: '',
              outcome: 'bound',
              attempts: 1,
              durationMs: 1,
              nodes: [],
              nodesTotal: 0,
            }
          : undefined,
    },
    usage: { latest: () => new Map(), lastSeen: () => undefined },
    cluster: { name: 'test', version: 'v1.36.0', settings: { nodeGraceSeconds: 4, defaultTolerationSeconds: 1 } },
    logger: silentLogger,
    port: 0,
    dashboardDist: dist,
    ...(sessionKey ? { sessionKey } : {}),
  });
  origin = `http://127.0.0.1:${await server.listen()}`;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: import('node:http').IncomingHttpHeaders;
  readonly body: string;
}

function get(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  return send('GET', url, headers);
}

/** Unlike fetch it sends any Host and Cookie. */
function send(method: string, url: string, headers: Record<string, string>, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

async function signIn(role: 'admin' | 'read-only' = 'admin'): Promise<string> {
  const answer = await get(server.issueLink(role));
  return answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
}

/** The HTTP status the feed refuses an upgrade with. */
function feedStatus(headers: Record<string, string> = {}): Promise<number | undefined> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/feed`, { headers });
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
    socket.on('open', () => resolve(101));
    socket.on('error', () => {});
  });
}

async function openFeed(cookie: string) {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/feed`, { headers: { cookie, origin } });
  const frames: FeedFrame[] = [];
  const waiting: ((frame: FeedFrame) => void)[] = [];
  socket.on('message', (data) => {
    const frame = JSON.parse(String(data)) as FeedFrame;
    const next = waiting.shift();
    if (next) next(frame);
    else frames.push(frame);
  });
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  const next = (): Promise<FeedFrame> => {
    const frame = frames.shift();
    return frame ? Promise.resolve(frame) : new Promise((resolve) => waiting.push(resolve));
  };
  return { socket, closed, next };
}

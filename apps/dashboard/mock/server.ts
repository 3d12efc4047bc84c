import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { autoscalersPath } from '@gantry/api-types/autoscalers';
import type { FeedCluster, FeedDelta, FeedFrame, FeedSnapshot } from '@gantry/api-types/feed';
import { usageHistoryPath } from '@gantry/api-types/history';
import { WebSocketServer } from 'ws';
import { answerAutoscalers } from './autoscalers.ts';
import { type FleetOptions, MockFleet } from './fleet.ts';
import { createMockApi, type MockApi } from './mock-api.ts';
import { MockHistory } from './mock-history.ts';
import { createMockStreams } from './mock-streams.ts';
import { scenes } from './scenes.ts';
import { answerUsageHistory } from './usage-history.ts';

export interface MockServerOptions extends Omit<FleetOptions, 'now'> {
  /** 0 picks a free one. */
  readonly port: number;
  readonly distDir: string;
  readonly role?: FeedCluster['role'];
}

export interface MockServer {
  readonly url: string;
  readonly fleet: MockFleet;
  play(scene: string): void;
  /** Refuses and cuts feed connections until called with false: the page must say that it is stale. */
  cut(isCut: boolean): void;
  /** How feed connections began, in order. */
  readonly starts: readonly ('snapshot' | 'resumed')[];
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
const frameMs = 75;
const tickMs = 1000;
/** Frames kept for clients that resume. */
const keptFrames = 400;

/** Serves the built page with a feed from a {@link MockFleet}, by the same protocol as the controller. */
export async function startMockServer(options: MockServerOptions): Promise<MockServer> {
  const fleet = new MockFleet({ ...options, now: Date.now() });
  const feed = createFeed(fleet, options.role ?? 'admin');
  const api = createMockApi(fleet, options.role ?? 'admin');
  const server = createServer((request, response) => {
    answer({ fleet, feed, api, distDir: options.distDir }, request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  const streams = createMockStreams(fleet, options.role ?? 'admin');
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    if (feed.isCut()) return void socket.destroy();
    if (streams.upgrade(request, socket, head)) return;
    sockets.handleUpgrade(request, socket, head, (ws) => {
      feed.join(ws, new URL(request.url ?? '/', 'http://mock').searchParams);
    });
  });
  await new Promise<void>((resolve) => server.listen(options.port, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : options.port;
  return {
    url: `http://127.0.0.1:${port}`,
    fleet,
    play: (scene) => scenes[scene]?.(fleet),
    cut(isCut) {
      feed.cut(isCut);
      if (isCut) streams.cut();
    },
    starts: feed.starts,
    close() {
      streams.close();
      return close(server, feed, sockets);
    },
  };
}

type Feed = ReturnType<typeof createFeed>;

function createFeed(fleet: MockFleet, role: FeedCluster['role']) {
  const clients = new Set<{ send(text: string): void; terminate(): void }>();
  const kept: FeedDelta[] = [];
  const starts: ('snapshot' | 'resumed')[] = [];
  const history = new MockHistory(snapshotOf(fleet, role));
  let isCut = false;
  let lastTick = 0;
  let ticks = 0;
  const broadcast = (frame: FeedFrame): void => {
    const text = JSON.stringify(frame);
    for (const client of clients) client.send(text);
  };
  const timer = setInterval(() => {
    fleet.advance(Date.now());
    const delta = deltaOf(fleet);
    if (delta) {
      kept.push(delta);
      if (kept.length > keptFrames) kept.shift();
      history.append(delta);
      broadcast(delta);
    }
    if (Date.now() - lastTick < tickMs) return;
    lastTick = Date.now();
    const heartbeats = Object.fromEntries(fleet.heartbeats);
    ticks++;
    // As from real agents, whose samples come every other second; a few nodes are no matter.
    const names = [...fleet.nodes.keys()].filter((_, index) => fleet.nodes.size < 10 || index % 2 === ticks % 2);
    const tick = { type: 'tick', at: fleet.now, heartbeats, usage: usageOf(fleet, names) } as const;
    history.append(tick);
    broadcast(tick);
  }, frameMs);
  return {
    starts,
    history,
    isCut: () => isCut,
    cut(cut: boolean) {
      isCut = cut;
      if (cut) for (const client of clients) client.terminate();
    },
    join(ws: import('ws').WebSocket, query: URLSearchParams) {
      const from = kept.findIndex((frame) => frame.revision === Number(query.get('revision')));
      const canResume = query.get('epoch') === 'mock' && from >= 0;
      starts.push(canResume ? 'resumed' : 'snapshot');
      if (canResume) {
        ws.send(
          JSON.stringify({
            type: 'resumed',
            at: fleet.now,
            revision: kept[from]?.revision ?? 0,
            cluster: clusterOf(fleet, role),
          }),
        );
        for (const frame of kept.slice(from + 1)) ws.send(JSON.stringify(frame));
      } else {
        ws.send(JSON.stringify(snapshotOf(fleet, role)));
      }
      clients.add(ws);
      ws.on('close', () => clients.delete(ws));
    },
    stop() {
      clearInterval(timer);
      for (const client of clients) client.terminate();
    },
  };
}

function deltaOf(fleet: MockFleet): FeedDelta | undefined {
  const dirty = fleet.takeDirty();
  if (dirty.size === 0) return undefined;
  const changes: Record<string, { set: object[]; gone: string[] }> = {};
  for (const entry of dirty) {
    const [kind = '', key = ''] = entry.split(' ');
    const objects: ReadonlyMap<string, object> = fleet[kind as 'nodes' | 'pods' | 'workloads' | 'services' | 'events'];
    changes[kind] ??= { set: [], gone: [] };
    const object = objects.get(key);
    if (object) changes[kind].set.push(object);
    else changes[kind].gone.push(key);
  }
  return {
    type: 'delta',
    revision: fleet.revision,
    at: fleet.now,
    changes: changes as FeedDelta['changes'],
  };
}

function snapshotOf(fleet: MockFleet, role: FeedCluster['role']): FeedSnapshot {
  return {
    type: 'snapshot',
    epoch: 'mock',
    revision: fleet.revision,
    at: fleet.now,
    cluster: clusterOf(fleet, role),
    nodes: [...fleet.nodes.values()],
    pods: [...fleet.pods.values()],
    workloads: [...fleet.workloads.values()],
    services: [...fleet.services.values()],
    events: [...fleet.events.values()],
    usage: usageOf(fleet),
    heartbeats: Object.fromEntries(fleet.heartbeats),
  };
}

function clusterOf(fleet: MockFleet, role: FeedCluster['role']): FeedCluster {
  const settings = { nodeGraceSeconds: 4, defaultTolerationSeconds: fleet.tolerationSeconds };
  return { name: 'mock', version: 'v1.36.0', role, settings };
}

function usageOf(fleet: MockFleet, names: Iterable<string> = fleet.nodes.keys()): FeedSnapshot['usage'] {
  return Object.fromEntries([...names].map((name) => [name, fleet.usage(name)]));
}

interface Parts {
  readonly fleet: MockFleet;
  readonly feed: Feed;
  readonly api: MockApi;
  readonly distDir: string;
}

async function answer(
  { fleet, feed, api, distDir }: Parts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://mock');
  const { pathname, searchParams } = url;
  if (feed.isCut() && /^\/(api|k8s)/.test(pathname)) return void request.socket.destroy();
  if (feed.history.answer(url, response) || (await api.answer(request, response))) return;
  if (pathname.startsWith('/mock/')) {
    scenes[pathname.slice('/mock/'.length)]?.(fleet);
    return void response.end('ok\n');
  }
  if (pathname === '/api/session') return void response.end('{}');
  if (pathname === usageHistoryPath) return void sendJson(response, answerUsageHistory(fleet, searchParams));
  if (pathname === autoscalersPath) return void sendJson(response, answerAutoscalers(fleet));
  if (pathname.startsWith('/api/decisions/')) {
    const decision = fleet.decisions.get(decodeURIComponent(pathname.slice('/api/decisions/'.length)));
    return void response
      .writeHead(decision ? 200 : 404, { 'content-type': 'application/json' })
      .end(JSON.stringify(decision ?? {}));
  }
  await answerFile(pathname, distDir, response);
}

function sendJson(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function answerFile(pathname: string, distDir: string, response: ServerResponse): Promise<void> {
  // Every path without an extension is a place on the page.
  const file = extname(pathname) ? normalize(pathname) : '/index.html';
  const content = await readFile(join(distDir, file)).catch(() => undefined);
  if (!content) return void response.writeHead(404).end(`${file} is not built: npm run build -w apps/dashboard\n`);
  response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' }).end(content);
}

async function close(server: Server, feed: Feed, sockets: WebSocketServer): Promise<void> {
  feed.stop();
  sockets.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ApiError } from '@gantry/api-types';
import { impersonate } from '../../auth/impersonate.ts';
import type { User } from '../../auth/user.ts';
import { type ProxyPath, parseProxyPath } from '../../proxy/proxy-path.ts';
import { checkProxyAccess } from '../../proxy/proxy-routes.ts';
import { authorizationOf, refuseUpgrade, type Upgrade, upgradeType } from '../../streaming/handshake.ts';
import { StreamSessions } from '../../streaming/stream-sessions.ts';
import { unknownResource } from '../failures.ts';
import type { ServedKind } from '../registry.ts';
import { openPodLogs } from '../subresources/log.ts';
import { findPodTarget, findRunningPod, requireNodeStreams } from '../subresources/pod-streams.ts';
import { toApiError } from './errors.ts';
import type { HttpContext } from './http-context.ts';
import { parseResourcePath, type ResourcePath } from './path.ts';
import type { Query } from './query.ts';
import { checkAccess } from './resource-routes.ts';
import { parseLogRequest } from './subresource-calls.ts';
import { serveWatchUpgrade } from './watch-upgrade.ts';

/** What an authenticated request to upgrade is about. */
export interface UpgradeTarget {
  readonly path: ResourcePath;
  readonly kind: ServedKind;
  readonly query: Query;
  readonly user: User;
}

/** After the controller was told to stop, sessions have this long to end by themselves. */
const closingGraceMs = 1_000;

/**
 * Takes connections that want to become something else: watches and logs WebSockets; exec, attach and port-forward
 * WebSockets or SPDY. False where the path is none of ours: somebody else may take the socket.
 */
export function createUpgrades(http: HttpContext): (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean {
  const sessions = new StreamSessions(http.api.clock);
  return (request, socket, head) => {
    // Anybody may send anything here, and what an 'upgrade' listener throws ends the process.
    const url = URL.parse(request.url ?? '/', 'http://localhost');
    if (!url || !(parseProxyPath(url.pathname) ?? parseResourcePath(url.pathname))) return false;
    socket.on('error', () => socket.destroy());
    if (socket instanceof Socket) socket.setNoDelay(true);
    const upgrade = { request, socket, head, isAnswered: false };
    serveUpgrade(http, sessions, upgrade, url).catch((error: unknown) => {
      const failure = toApiError(error, http.api.logger, { method: request.method ?? '', url: request.url ?? '' });
      // What fails after the handshake can only be broken off.
      if (upgrade.isAnswered) socket.destroy();
      else refuseUpgrade(socket, failure);
    });
    return true;
  };
}

async function serveUpgrade(http: HttpContext, sessions: StreamSessions, upgrade: Upgrade, url: URL): Promise<void> {
  const proxied = parseProxyPath(url.pathname);
  if (proxied) return serveProxied(http, upgrade, url, proxied);
  const target = resolveTarget(http, upgrade.request, url);
  const { path, user } = target;
  switch (path.subresource) {
    case undefined:
      return serveWatchUpgrade(http, upgrade, target);
    case 'log': {
      checkAccess(user, target, 'get');
      const { serveLogUpgrade } = await import('../../streaming/serve-log-upgrade.ts');
      const request = parseLogRequest(target);
      const signal = lifetimeOf(http, upgrade.socket);
      return serveLogUpgrade(upgrade, () => openPodLogs(http.api, { ...request, signal }));
    }
    case 'exec':
    case 'attach':
    case 'portforward':
      // As Kubernetes since 1.35: whatever the method, this is no reading.
      checkAccess(user, target, 'create');
      return serveStreams(http, sessions, upgrade, { ...target, kind: path.subresource, params: url.searchParams });
    default:
      throw new ApiError('BadRequest', `${target.kind.definition.plural}/${path.subresource} cannot be upgraded`);
  }
}

async function serveProxied(http: HttpContext, upgrade: Upgrade, url: URL, path: ProxyPath): Promise<void> {
  checkProxyAccess(http, authenticate(http, upgrade.request), path, upgrade.request.method ?? 'GET');
  const { serveProxyUpgrade } = await import('../../proxy/serve-proxy-upgrade.ts');
  await serveProxyUpgrade(http, upgrade, { path, query: url.search, signal: lifetimeOf(http, upgrade.socket) });
}

interface StreamTarget {
  readonly path: ResourcePath;
  readonly kind: 'exec' | 'attach' | 'portforward';
  readonly params: URLSearchParams;
}

async function serveStreams(
  http: HttpContext,
  sessions: StreamSessions,
  upgrade: Upgrade,
  { path, kind, params }: StreamTarget,
): Promise<void> {
  if (!upgradeType(upgrade.request)) {
    throw new ApiError('BadRequest', 'the connection can be upgraded to websocket or SPDY/3.1 only');
  }
  const { api } = http;
  const { namespace = '', name = '' } = path;
  const leave = sessions.enter();
  try {
    // First of all: a client that goes from now on is noticed.
    const signal = lifetimeOf(http, upgrade.socket);
    const open = () => ({ kind, upgrade, query: params, streams: requireNodeStreams(api), sessions, signal });
    // Loaded with the first session: most controllers never serve one.
    if (kind === 'portforward') {
      const target = findRunningPod(api, namespace, name);
      const { serveForwardUpgrade } = await import('../../streaming/serve-forward-upgrade.ts');
      await serveForwardUpgrade(open(), target);
    } else {
      const target = findPodTarget(api, { namespace, name, container: params.get('container') || undefined });
      const { serveTerminalUpgrade } = await import('../../streaming/serve-terminal-upgrade.ts');
      await serveTerminalUpgrade(open(), target);
    }
  } finally {
    leave();
  }
}

/** Aborted once the client is gone or the controller stops; then the connection ends too. */
function lifetimeOf(http: HttpContext, socket: Duplex): AbortSignal {
  const gone = new AbortController();
  const onClosing = () => setTimeout(() => socket.destroy(), closingGraceMs);
  http.closing.addEventListener('abort', onClosing, { once: true });
  socket.once('close', () => {
    http.closing.removeEventListener('abort', onClosing);
    gone.abort();
  });
  return AbortSignal.any([gone.signal, http.closing]);
}

function authenticate(http: HttpContext, request: IncomingMessage): User {
  const caller = http.auth.authenticate(authorizationOf(request));
  if (!caller) throw new ApiError('Unauthorized', 'Unauthorized');
  return impersonate(caller, request.headers);
}

function resolveTarget(http: HttpContext, request: IncomingMessage, url: URL): UpgradeTarget {
  const user = authenticate(http, request);
  const path = parseResourcePath(url.pathname);
  const kind = path && http.api.registry.lookup(path.apiVersion, path.resource);
  if (!path || !kind) throw unknownResource();
  const { subresource } = path;
  if (subresource !== undefined && !kind.definition.subresources.some(({ name }) => name === subresource)) {
    throw unknownResource();
  }
  return { path, kind, query: Object.fromEntries(url.searchParams), user };
}

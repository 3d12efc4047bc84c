import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError } from '@gantry/api-types';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { WebSocketServer } from 'ws';
import { impersonate } from '../../auth/impersonate.ts';
import { unknownResource } from '../failures.ts';
import { openWebSocketTransport } from '../watch/websocket-transport.ts';
import { toApiError } from './errors.ts';
import type { HttpContext, ResourceCall } from './http-context.ts';
import { parseResourcePath } from './path.ts';
import { booleanParameter, type Query } from './query.ts';
import { openWatch } from './resource-calls.ts';
import { checkAccess } from './resource-routes.ts';

/** Messages to a watch are not expected; a small limit keeps a broken client from making us buffer. */
const maxIncomingBytes = 64 * 1024;

/** Takes WebSocket upgrades for watches. False where the path is none of ours: somebody else may take the socket. */
export function createWatchUpgrade(
  http: HttpContext,
): (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean {
  const server = new WebSocketServer({ noServer: true, maxPayload: maxIncomingBytes, perMessageDeflate: false });
  return (request, socket, head) => {
    // Anybody may send anything here, and what an 'upgrade' listener throws ends the process.
    const url = URL.parse(request.url ?? '/', 'http://localhost');
    if (!url || !parseResourcePath(url.pathname)) return false;
    socket.on('error', () => socket.destroy());
    startWatch(http, server, { request, socket, head }, url).catch((error: unknown) => {
      const where = { method: 'GET', url: request.url ?? '' };
      refuse(socket, toApiError(error, http.api.logger, where));
    });
    return true;
  };
}

interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

async function startWatch(http: HttpContext, server: WebSocketServer, upgrade: Upgrade, url: URL): Promise<void> {
  const { request, socket, head } = upgrade;
  const caller = http.auth.authenticate(request.headers.authorization);
  if (!caller) throw new ApiError('Unauthorized', 'Unauthorized');
  const user = impersonate(caller, request.headers);
  const path = parseResourcePath(url.pathname);
  const kind = path && http.api.registry.lookup(path.apiVersion, path.resource);
  const query: Query = Object.fromEntries(url.searchParams);
  if (!path || !kind) throw unknownResource();
  if (path.subresource !== undefined) {
    throw new ApiError('NotFound', `${kind.definition.plural}/${path.subresource} is not supported yet`);
  }
  if (path.name !== undefined || !booleanParameter(query, 'watch')) {
    throw new ApiError('BadRequest', 'only watches can be upgraded to a WebSocket: add watch=true to a list');
  }
  checkAccess(user, { path, query, kind }, 'watch');
  const connected = await new Promise<Parameters<typeof openWebSocketTransport>[0]>((resolve) => {
    server.handleUpgrade(request, socket, head, resolve);
  });
  // A watch reads its query and Accept header from the call and writes to the socket: it has no use for a reply.
  const call: ResourceCall = {
    http,
    request: { headers: request.headers, method: 'GET' } as FastifyRequest,
    reply: {} as FastifyReply,
    path,
    kind,
    query,
    user,
  };
  try {
    await openWatch(call, () => openWebSocketTransport(connected));
  } catch (error) {
    const failure = toApiError(error, http.api.logger, { method: 'GET', url: request.url ?? '' });
    // The handshake is done, so the refusal is an ERROR event, as Kubernetes sends it in mid-watch.
    connected.send(JSON.stringify({ type: 'ERROR', object: failure.toStatus() }));
    connected.close(1000);
  }
}

function refuse(socket: Duplex, error: ApiError): void {
  const body = JSON.stringify(error.toStatus());
  const head = [
    `HTTP/1.1 ${error.code} ${error.reason}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

import { ApiError } from '@gantry/api-types';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { acceptWebSocket, offeredProtocols, type Upgrade } from '../../streaming/handshake.ts';
import { openWebSocketTransport } from '../watch/websocket-transport.ts';
import { toApiError } from './errors.ts';
import type { HttpContext, ResourceCall } from './http-context.ts';
import { booleanParameter } from './query.ts';
import { openWatch } from './resource-calls.ts';
import { checkAccess } from './resource-routes.ts';
import type { UpgradeTarget } from './upgrade.ts';

/** Messages to a watch are not expected; a small limit keeps a broken client from making us buffer. */
const maxIncomingBytes = 64 * 1024;

/** Serves a watch over the WebSocket that its request wants to become. Throws what is told before the handshake. */
export async function serveWatchUpgrade(http: HttpContext, upgrade: Upgrade, target: UpgradeTarget): Promise<void> {
  const { path, kind, query, user } = target;
  const { request } = upgrade;
  if (path.name !== undefined || !booleanParameter(query, 'watch')) {
    throw new ApiError('BadRequest', 'only watches can be upgraded to a WebSocket: add watch=true to a list');
  }
  checkAccess(user, { path, query, kind }, 'watch');
  // As in Kubernetes, whatever is offered is taken, and the events are text messages all the same.
  const [protocol = ''] = offeredProtocols(request);
  const connected = await acceptWebSocket(upgrade, protocol, maxIncomingBytes);
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

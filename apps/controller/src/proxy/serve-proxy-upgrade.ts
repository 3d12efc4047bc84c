import { pipeline } from 'node:stream/promises';
import type { HttpContext } from '../api/http/http-context.ts';
import { requireNodeStreams } from '../api/subresources/pod-streams.ts';
import type { Upgrade } from '../streaming/handshake.ts';
import { openProxyConnection } from './proxy-connection.ts';
import { requestHeaders } from './proxy-headers.ts';
import type { ProxyPath } from './proxy-path.ts';
import { findProxyTarget } from './proxy-target.ts';

/** Hands a connection that wants to be upgraded to the pod: the handshake, then every byte in both directions. */
export async function serveProxyUpgrade(
  { api }: HttpContext,
  upgrade: Upgrade,
  { path, query, signal }: { readonly path: ProxyPath; readonly query: string; readonly signal: AbortSignal },
): Promise<void> {
  const { request, socket, head } = upgrade;
  const connection = await openProxyConnection(
    requireNodeStreams(api),
    findProxyTarget(api, path),
    path.scheme,
    signal,
  );
  const headers = {
    ...requestHeaders(request, path),
    connection: 'Upgrade',
    upgrade: request.headers.upgrade ?? 'websocket',
  };
  upgrade.isAnswered = true;
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((each) => `${name}: ${each}`),
  );
  connection.write([`${request.method} ${path.rest}${query} HTTP/1.1`, ...lines, '', ''].join('\r\n'));
  connection.write(head);
  await Promise.all([pipeline(socket, connection), pipeline(connection, socket)]).catch(() => undefined);
  connection.destroy();
  socket.destroy();
}

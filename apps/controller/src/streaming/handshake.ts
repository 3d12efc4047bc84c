import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError } from '@gantry/api-types';
import { type WebSocket, WebSocketServer } from 'ws';

/** A request that wants its connection to become something else. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  /** The answer is on its way: what fails from now on can only break the connection off. */
  isAnswered: boolean;
}

/** The largest message of a client; kubectl's have 32 KiB. */
const maxMessageBytes = 4 * 1024 * 1024;

/**
 * Makes the connection a WebSocket of the chosen subprotocol. ws itself refuses `SPDY/3.1+portforward.k8s.io`, which is
 * no token of RFC 6455, so the choice is made here and ws never sees what was offered.
 */
export function acceptWebSocket(
  upgrade: Upgrade,
  protocol: string,
  maxPayload: number = maxMessageBytes,
): Promise<WebSocket> {
  const { request, socket, head } = upgrade;
  upgrade.isAnswered = true;
  const server = new WebSocketServer({ noServer: true, maxPayload, perMessageDeflate: false });
  delete request.headers['sec-websocket-protocol'];
  server.on('headers', (headers) => {
    if (protocol !== '') headers.push(`Sec-WebSocket-Protocol: ${protocol}`);
  });
  return new Promise((resolve, reject) => {
    // A handshake that ws refuses, it answers by itself.
    socket.once('close', () => reject(new ApiError('BadRequest', 'the WebSocket handshake failed')));
    server.handleUpgrade(request, socket, head, resolve);
  });
}

/** The subprotocols that a WebSocket client offers, the bearer token that browsers put among them left out. */
export function offeredProtocols(request: IncomingMessage): string[] {
  return listOf(request.headers['sec-websocket-protocol']).filter((name) => !name.startsWith(bearerPrefix));
}

/** The versions that a SPDY client offers, best first; the oldest clients name none. */
export function offeredVersions(request: IncomingMessage): string[] {
  return listOf(request.headers['x-stream-protocol-version']);
}

const bearerPrefix = 'base64url.bearer.authorization.k8s.io.';

/** The Authorization header, or what stands for it among the subprotocols of a browser, which cannot set headers. */
export function authorizationOf(request: IncomingMessage): string | undefined {
  const { authorization } = request.headers;
  if (authorization !== undefined) return authorization;
  const named = listOf(request.headers['sec-websocket-protocol']).find((name) => name.startsWith(bearerPrefix));
  return named && `Bearer ${Buffer.from(named.slice(bearerPrefix.length), 'base64url').toString('utf8')}`;
}

function listOf(header: string | readonly string[] | undefined): string[] {
  const text = typeof header === 'string' ? header : (header ?? []).join(',');
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** Makes the connection one of SPDY/3.1. */
export function acceptSpdy(upgrade: Upgrade, protocol: string): void {
  const { socket, head } = upgrade;
  upgrade.isAnswered = true;
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: SPDY/3.1'];
  if (protocol !== '') lines.push(`X-Stream-Protocol-Version: ${protocol}`);
  if (head.length > 0) socket.unshift(head);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
}

/** Answers a request that is not to be upgraded, with the Status of the error. */
export function refuseUpgrade(socket: Duplex, error: ApiError): void {
  const body = JSON.stringify(error.toStatus());
  const head = [
    `HTTP/1.1 ${error.code} ${error.reason}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** What the client wants to speak. */
export function upgradeType(request: IncomingMessage): 'websocket' | 'spdy' | undefined {
  const wanted = request.headers.upgrade?.toLowerCase();
  if (wanted === 'websocket') return 'websocket';
  return wanted === 'spdy/3.1' ? 'spdy' : undefined;
}

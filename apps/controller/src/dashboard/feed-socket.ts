import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type FeedRole, feedPath } from '@gantry/api-types';
import type { Logger } from '@gantry/core';
import { type WebSocket, WebSocketServer } from 'ws';
import type { FeedHub } from './feed-hub.ts';
import { refuseRequest } from './request-guard.ts';

export interface FeedSocketOptions {
  readonly hub: FeedHub;
  readonly logger: Logger;
  readonly roleOf: (cookieHeader: string | undefined) => FeedRole | undefined;
}

/** The feed's WebSocket half: refuses who has no session, and hands everyone else to the hub. */
export function createFeedSocket(options: FeedSocketOptions): {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): void;
} {
  // Pages send nothing: anything above a close frame's size is nonsense and ends the connection.
  const server = new WebSocketServer({ noServer: true, maxPayload: 4096 });
  const join = (ws: WebSocket, role: FeedRole, query: URLSearchParams): void => {
    ws.on('error', (err) => options.logger.debug({ err }, 'dashboard connection failed'));
    const client = {
      role,
      get bufferedBytes(): number {
        return ws.bufferedAmount;
      },
      send: (text: string): void => ws.send(text),
      close: (code: number, reason: string): void => ws.close(code, reason),
    };
    const leave = options.hub.join(client, {
      epoch: query.get('epoch') ?? '',
      revision: Number(query.get('revision') ?? Number.NaN),
    });
    ws.on('close', leave);
  };
  return {
    upgrade(request, socket, head) {
      socket.on('error', () => socket.destroy());
      const url = URL.parse(request.url ?? '', 'http://localhost');
      const problem = refuseRequest(request.headers);
      const role = options.roleOf(request.headers.cookie);
      if (!url || url.pathname !== feedPath) return refuse(socket, 404, 'Not Found');
      if (problem) return refuse(socket, 403, 'Forbidden');
      if (!role) return refuse(socket, 401, 'Unauthorized');
      server.handleUpgrade(request, socket, head, (ws) => join(ws, role, url.searchParams));
    },
    close() {
      for (const ws of server.clients) ws.terminate();
      server.close();
    },
  };
}

function refuse(socket: Duplex, code: number, reason: string): void {
  socket.end(`HTTP/1.1 ${code} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError } from '@gantry/api-types';
import type { FeedRole } from '@gantry/api-types/feed';
import { WebSocketServer } from 'ws';
import type { MockFleet } from './fleet.ts';
import { isAllowed, parseTarget } from './mock-api.ts';
import { logRefusal, serveLog } from './mock-logs.ts';
import { serveToyTerminal } from './mock-terminal.ts';

/** Logs and terminals of the make-believe cluster's pods; false for other paths. */
export function createMockStreams(fleet: MockFleet, role: FeedRole) {
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0] ?? false });
  return {
    upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
      const url = new URL(request.url ?? '/', 'http://mock');
      if (!url.pathname.startsWith('/k8s/')) return false;
      const { namespace, name, subresource = '' } = parseTarget(url.pathname.slice('/k8s'.length));
      const key = `${namespace}/${name}`;
      const pod = fleet.pods.get(key);
      const isLog = subresource === 'log';
      const access = { verb: isLog ? 'get' : 'create', resource: 'pods', subresource };
      const refusal = isAllowed(role, access)
        ? logRefusal(pod, url.searchParams)
        : new ApiError('Forbidden', 'pods/exec is forbidden: User "dashboard-read-only" cannot create it');
      if (refusal) refuse(socket, refusal);
      else
        sockets.handleUpgrade(request, socket, head, (ws) => {
          if (isLog) serveLog(fleet, ws, key, url.searchParams);
          else serveToyTerminal(ws, key);
        });
      return true;
    },
    close() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
    },
    /** Cuts every log and terminal, as a restart of the controller does. */
    cut() {
      for (const socket of sockets.clients) socket.terminate();
    },
  };
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

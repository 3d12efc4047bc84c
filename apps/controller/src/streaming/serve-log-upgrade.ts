import type { Readable } from 'node:stream';
import { ApiError } from '@gantry/api-types';
import { chooseProtocol, logProtocols } from './channel-protocols.ts';
import { acceptWebSocket, offeredProtocols, type Upgrade, upgradeType } from './handshake.ts';

/** A log over a WebSocket: its bytes message by message, at the client's pace. */
export async function serveLogUpgrade(upgrade: Upgrade, openLogs: () => Promise<Readable>): Promise<void> {
  const isWebSocket = upgradeType(upgrade.request) === 'websocket';
  const protocol = chooseProtocol(offeredProtocols(upgrade.request), logProtocols);
  if (!isWebSocket || !protocol) {
    throw new ApiError('BadRequest', 'logs are upgraded to WebSockets of the subprotocol binary.k8s.io only');
  }
  const logs = await openLogs();
  try {
    const socket = await acceptWebSocket(upgrade, protocol.name);
    socket.on('error', () => undefined);
    socket.once('close', () => logs.destroy());
    for await (const chunk of logs) {
      const message = protocol.isBase64 ? (chunk as Buffer).toString('base64') : (chunk as Buffer);
      await new Promise((resolve) => socket.send(message, resolve));
    }
    socket.close(1000);
  } finally {
    logs.destroy();
  }
}

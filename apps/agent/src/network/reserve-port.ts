import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** A port of the host that is held by a socket on which nobody is served. */
export interface PortReservation {
  close(): void;
}

const nothing: PortReservation = { close: () => undefined };

/** Holds the port. Rejects where somebody has it or the address is not the host's; the message says which port. */
export async function reservePort(
  protocol: 'tcp' | 'udp' | 'sctp',
  hostIp: string,
  port: number,
): Promise<PortReservation> {
  const host = hostIp === '' ? '0.0.0.0' : hostIp;
  try {
    if (protocol === 'tcp') return await reserveTcp(host, port);
    if (protocol === 'udp') return await reserveUdp(host, port);
    // Node has no SCTP sockets.
    return nothing;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isTaken = code === 'EADDRINUSE';
    const reason = isTaken
      ? 'is in use on the host'
      : code === 'EADDRNOTAVAIL'
        ? 'is no address of the host'
        : String(error);
    throw new Error(`host port ${host}:${port}/${protocol} ${reason}`, { cause: error });
  }
}

async function reserveTcp(host: string, port: number): Promise<PortReservation> {
  // Only what the rules do not lead to the pod arrives here: there is nobody to answer it.
  const server = createServer((socket) => socket.destroy());
  server.listen({ host, port, exclusive: true });
  await once(server, 'listening');
  server.unref();
  return { close: () => server.close() };
}

async function reserveUdp(host: string, port: number): Promise<PortReservation> {
  const socket = createSocket('udp4');
  socket.bind({ address: host, port, exclusive: true });
  await once(socket, 'listening');
  socket.unref();
  return { close: () => socket.close() };
}

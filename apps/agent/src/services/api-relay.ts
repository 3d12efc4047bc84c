import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Logger } from '@gantry/core';

export interface ApiRelayOptions {
  /** Where the node's pods reach the relay. */
  readonly ip: string;
  /** 0 for any. */
  readonly port: number;
  /** `https://host:port` of the controller, as this agent reaches it. */
  readonly server: string;
  readonly logger: Logger;
}

const maxConnections = 1_024;
const connectTimeoutMs = 10_000;
/** Watches are quiet for long; a peer that vanished is noticed by TCP itself. */
const keepAliveMs = 30_000;

/**
 * Leads bytes from the node's pods to the controller and back, for the `kubernetes` Service: the controller may listen
 * where only this host reaches it. TLS passes through: the relay sees and may do nothing.
 */
export class ApiRelay {
  readonly ip: string;
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>, ip: string, port: number) {
    this.#server = server;
    this.#sockets = sockets;
    this.ip = ip;
    this.port = port;
  }

  /** Rejects where the address or port cannot be had. */
  static async listen({ ip, port, server, logger }: ApiRelayOptions): Promise<ApiRelay> {
    const url = new URL(server);
    const target = { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 443) };
    const sockets = new Set<Socket>();
    const listener = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) =>
      relay(socket, target, sockets, logger),
    );
    listener.maxConnections = maxConnections;
    listener.listen(port, ip);
    await once(listener, 'listening');
    const address = listener.address();
    return new ApiRelay(listener, sockets, ip, typeof address === 'object' && address ? address.port : port);
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

function relay(client: Socket, target: { host: string; port: number }, sockets: Set<Socket>, logger: Logger): void {
  const upstream = connect({ ...target, allowHalfOpen: true });
  const timer = setTimeout(() => upstream.destroy(new Error('the controller did not answer')), connectTimeoutMs);
  for (const socket of [client, upstream]) {
    sockets.add(socket);
    socket.setKeepAlive(true, keepAliveMs);
    socket.setNoDelay(true);
    socket.on('error', (error) => {
      logger.debug({ err: error }, 'a connection to the API ended');
      client.destroy();
      upstream.destroy();
    });
    socket.on('close', () => {
      clearTimeout(timer);
      sockets.delete(socket);
      // One end gone, nothing can be led any more; what was written before is flushed by a proper end.
      if (socket === client) upstream.destroySoon();
      else client.destroySoon();
    });
  }
  upstream.once('connect', () => {
    clearTimeout(timer);
    // Pipes pause the one end while the other does not take more.
    client.pipe(upstream);
    upstream.pipe(client);
  });
}

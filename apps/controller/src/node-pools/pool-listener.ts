import type { Server as AnyServer } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { ClusterPki } from '../pki/cluster-pki.ts';

export interface PoolListenerOptions {
  /** The API's own server, whose answers are given. */
  readonly api: AnyServer;
  /** Where that listens. */
  readonly address: string;
  readonly port: number;
  readonly pki: ClusterPki;
}

/**
 * Makes the API reachable for hosts of pools. An API that listens on a loopback address only, which is the default, gets a
 * further listener at this machine's address in the hosts' network, and nowhere else.
 */
export class PoolListener {
  readonly #options: PoolListenerOptions;
  readonly #listeners = new Map<string, Promise<Server>>();

  constructor(options: PoolListenerOptions) {
    this.#options = options;
  }

  /** The API's address for hosts that reach this machine at `gateway`. */
  serverFor(gateway: string): string {
    return `https://${this.#isLoopback ? gateway : this.#options.address}:${this.#options.port}`;
  }

  /** Resolves when hosts can reach the API. Rejects where the port is taken there. */
  async listen(gateway: string): Promise<void> {
    if (!this.#isLoopback) return;
    const present = this.#listeners.get(gateway) ?? this.#open(gateway);
    this.#listeners.set(gateway, present);
    present.catch(() => this.#listeners.delete(gateway));
    await present;
  }

  async stop(): Promise<void> {
    for (const opened of this.#listeners.values()) {
      const server = await opened.catch(() => undefined);
      server?.closeAllConnections();
      await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
    }
  }

  get #isLoopback(): boolean {
    return /^(127\.|::1$)/.test(this.#options.address);
  }

  async #open(gateway: string): Promise<Server> {
    const { api, port, pki } = this.#options;
    const { certificatePem, keyPem } = await pki.certificateFor('pool', [gateway]);
    // The chain holds the CA, which joining hosts compare with their pin.
    const server = createServer({ cert: `${certificatePem}\n${pki.caPem}`, key: keyPem });
    server.on('request', (request, response) => api.emit('request', request, response));
    server.on('upgrade', (request, socket, head) => api.emit('upgrade', request, socket, head));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: gateway, port }, () => resolve());
    });
    server.on('error', () => {
      // Of single connections: their ends say so themselves.
    });
    return server;
  }
}

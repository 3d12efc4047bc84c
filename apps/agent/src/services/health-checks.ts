import { createServer, type Server, type ServerResponse } from 'node:http';
import { type ObjectKey, splitKey } from '@gantry/api-types';
import type { Logger } from '@gantry/core';
import type { NodePlace } from '@gantry/core/network/services/choose-endpoints';
import { countLocalEndpoints, needsHealthCheckPort } from '@gantry/core/network/services/health-check';
import { messageOf } from '../runtime/container-runtime.ts';
import type { ServiceSource } from '../session/service-state.ts';

export interface HealthChecksOptions {
  readonly source: ServiceSource;
  readonly place: NodePlace;
  readonly logger: Logger;
  /** All of the host by default. */
  readonly address?: string;
}

interface Check {
  readonly port: number;
  readonly server: Server;
  isListening: boolean;
}

/** A balancer opens one connection at a time; nobody else has any business here. */
const maxConnections = 64;
const requestTimeoutMs = 5_000;

/**
 * What balancers ask each node: `healthCheckNodePort` of Services with policy Local answers 200 on nodes with ready
 * endpoints of the Service and 503 on others, as kube-proxy does. The count is made when it is asked for.
 */
export class HealthChecks {
  readonly #options: HealthChecksOptions;
  readonly #checks = new Map<ObjectKey, Check>();
  readonly #stopListening: () => void;

  constructor(options: HealthChecksOptions) {
    this.#options = options;
    const { source } = options;
    for (const key of source.services().keys()) this.#reconcile(key);
    this.#stopListening = source.onChange((key) => this.#reconcile(key));
  }

  /** Tries again for ports that another process had. */
  retry(): void {
    for (const [key, { isListening }] of this.#checks) {
      if (isListening) continue;
      this.#close(key);
      this.#reconcile(key);
    }
  }

  stop(): void {
    this.#stopListening();
    for (const key of [...this.#checks.keys()]) this.#close(key);
  }

  #reconcile(key: ObjectKey): void {
    const service = this.#options.source.services().get(key);
    const port = service && needsHealthCheckPort(service) ? service.spec.healthCheckNodePort : undefined;
    const current = this.#checks.get(key);
    if (current?.port === port) return;
    this.#close(key);
    if (port) this.#open(key, port);
  }

  #open(key: ObjectKey, port: number): void {
    const { logger, address = '0.0.0.0' } = this.#options;
    const server = createServer({ requestTimeout: requestTimeoutMs }, (_request, response) =>
      this.#answer(key, response),
    );
    server.maxConnections = maxConnections;
    const check: Check = { port, server, isListening: false };
    this.#checks.set(key, check);
    server.on('listening', () => {
      check.isListening = true;
    });
    server.on('error', (error) => {
      const text =
        'the health check of a Service cannot be served, another process (or node of this host) has its port';
      logger.debug({ service: key, port, err: messageOf(error) }, text);
    });
    server.listen(port, address);
  }

  #close(key: ObjectKey): void {
    const check = this.#checks.get(key);
    this.#checks.delete(key);
    if (!check) return;
    check.server.close();
    check.server.closeAllConnections();
  }

  #answer(key: ObjectKey, response: ServerResponse): void {
    const { source, place } = this.#options;
    const count = countLocalEndpoints(source.slicesOf(key), place);
    const { namespace, name } = splitKey(key);
    const headers = {
      'content-type': 'application/json',
      'x-content-type-options': 'nosniff',
      'x-load-balancing-endpoint-weight': String(count),
      connection: 'close',
    };
    const body = { service: { namespace, name }, localEndpoints: count, serviceProxyHealthy: true };
    response.writeHead(count > 0 ? 200 : 503, headers).end(JSON.stringify(body));
  }
}

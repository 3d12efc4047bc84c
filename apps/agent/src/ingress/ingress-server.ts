import { Agent, createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import type {
  IngressCertificate,
  IngressConfig,
  IngressPathRoute,
  IngressTarget,
} from '@gantry/api-types/ingress-config';
import { findRoute, wildcardOf } from '@gantry/core/network/ingress-routes';
import { createProxyServer } from 'http-proxy-3';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface IngressServerOptions {
  readonly http?: ListenAddress;
  readonly https?: ListenAddress;
}

/** A running proxy. */
export interface IngressServer {
  /** From the next request on. A certificate that cannot be used is left out and named in what is returned. */
  setConfig(config: IngressConfig): readonly string[];
  /** Where it listens: with port 0 asked for, the port it got. */
  readonly addresses: { readonly http?: ListenAddress; readonly https?: ListenAddress };
  /** Ends idle connections at once and others when their request is answered, at the latest after `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** How long a pod may take to accept a connection; another is tried then where nothing of a body was sent. */
const connectTimeoutMs = 5_000;
/** How long an answer may take to begin; large and slow bodies take as long as they take. */
const answerTimeoutMs = 120_000;
const sparesKept = 32;

/**
 * Leads HTTP and WebSocket requests to the pods that a config names. The node's several proxies on one host may listen
 * at the same port: the kernel spreads connections over them.
 */
export async function startIngressServer(options: IngressServerOptions): Promise<IngressServer> {
  const state = new ProxyState();
  const servers: { http?: Server; https?: Server } = {};
  if (options.http) servers.http = createServer();
  if (options.https)
    servers.https = createTlsServer({
      ALPNProtocols: ['http/1.1'],
      SNICallback: (name, done) => done(null, state.secureContextFor(name)),
    });
  const addresses: { http?: ListenAddress; https?: ListenAddress } = {};
  for (const scheme of ['http', 'https'] as const) {
    const [server, wanted] = [servers[scheme], options[scheme]];
    if (!server || !wanted) continue;
    server.on('request', (request, response) => state.onRequest(request, response));
    server.on('upgrade', (request, socket, head) => state.onUpgrade(request, socket as Socket, head));
    // A client that breaks the rules costs its own connection only.
    server.on('clientError', (_error, socket) => socket.destroy());
    addresses[scheme] = await listen(server, wanted);
  }
  return {
    addresses,
    setConfig: (config) => state.setConfig(config),
    stop: async (graceMs) => {
      await Promise.all(Object.values(servers).map((server) => close(server, graceMs)));
      state.stop();
    },
  };
}

class ProxyState {
  #config: IngressConfig = { hosts: [], certificates: [] };
  #contexts: readonly { readonly hosts: readonly string[]; readonly context: SecureContext }[] = [];
  #turn = 0;
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: sparesKept });
  readonly #proxy = createProxyServer({ xfwd: true, connectTimeout: connectTimeoutMs, proxyTimeout: answerTimeoutMs });

  constructor() {
    this.#proxy.on('error', (_error, _request, out) => {
      if ('writeHead' in out) answer(out, 502, 'the pod did not answer');
      else out.destroy();
    });
  }

  setConfig(config: IngressConfig): readonly string[] {
    const problems: string[] = [];
    this.#contexts = config.certificates.flatMap((certificate) => {
      try {
        return [{ hosts: certificate.hosts, context: contextOf(certificate) }];
      } catch (error) {
        problems.push(`the certificate for ${certificate.hosts.join(', ') || 'all hosts'} cannot be used: ${error}`);
        return [];
      }
    });
    this.#config = config;
    return problems;
  }

  /** Undefined where no certificate is for that name, nor one for all: the handshake fails, as nothing can be proved. */
  secureContextFor(name: string): SecureContext | undefined {
    const host = name.toLowerCase();
    for (const wanted of [host, wildcardOf(host)]) {
      const found = this.#contexts.find(({ hosts }) => wanted !== undefined && hosts.includes(wanted));
      if (found) return found.context;
    }
    return (this.#contexts.find(({ hosts }) => hosts.length === 0) ?? this.#contexts[0])?.context;
  }

  onRequest(request: IncomingMessage, response: ServerResponse): void {
    const route = this.#routeOf(request);
    if (!route) return answer(response, 404, 'no Ingress has a rule for this host and path');
    const target = this.#next(route);
    if (!target) return answer(response, 503, `no pod of Service ${route.service} is ready`);
    this.#proxy.web(request, response, { target, agent: this.#agent });
  }

  onUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const route = this.#routeOf(request);
    const target = route && this.#next(route);
    if (!target) {
      socket.end(`HTTP/1.1 ${route ? '503 Service Unavailable' : '404 Not Found'}\r\nConnection: close\r\n\r\n`);
      return;
    }
    socket.on('error', () => socket.destroy());
    this.#proxy.ws(request, socket, head, { target });
  }

  stop(): void {
    this.#agent.destroy();
    this.#proxy.removeAllListeners();
  }

  #routeOf({ headers, url = '/' }: IncomingMessage): IngressPathRoute | undefined {
    return findRoute(this.#config, headers.host ?? '', url.split('?', 1)[0] ?? '/');
  }

  /** Pods take turns. */
  #next({ targets }: IngressPathRoute): IngressTarget | undefined {
    this.#turn = (this.#turn + 1) % 1_000_000;
    return targets[this.#turn % Math.max(1, targets.length)];
  }
}

function contextOf({ certificate, key }: IngressCertificate): SecureContext {
  return createSecureContext({ cert: certificate, key });
}

function answer(response: ServerResponse, code: number, message: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${message}\n`);
}

function listen(server: Server, { host, port }: ListenAddress): Promise<ListenAddress> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, reusePort: true }, () => {
      server.off('error', reject);
      const address = server.address();
      resolve({ host, port: typeof address === 'object' && address ? address.port : port });
    });
  });
}

function close(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}

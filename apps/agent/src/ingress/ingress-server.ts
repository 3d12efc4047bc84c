import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
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

/** How long a pod may take to accept a connection. */
const connectTimeoutMs = 5_000;
/** Of a request that may be made again: so many pods are asked. */
const maxAttempts = 3;
/** A pod that fails later than that was at work on the request. */
const askAgainMs = 2 * connectTimeoutMs;
const safeMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];
/** How long an answer may take to begin; large and slow bodies take as long as they take. */
const answerTimeoutMs = 120_000;
const sparesKept = 32;

/**
 * Leads HTTP and WebSocket requests to the pods that a config names. The node's several proxies on one host may listen
 * at the same port: the kernel spreads connections over them.
 */
export async function startIngressServer(options: IngressServerOptions): Promise<IngressServer> {
  const state = new ProxyState();
  const servers: { http?: Server; https?: TlsServer } = {};
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
    setConfig: (config) => {
      const before = state.fallback?.certificate;
      const problems = state.setConfig(config);
      const fallback = state.fallback?.certificate;
      // For clients that name no host; without any they are refused.
      if (fallback?.certificate !== before?.certificate || fallback?.key !== before?.key)
        servers.https?.setSecureContext(fallback ? { cert: fallback.certificate, key: fallback.key } : {});
      return problems;
    },
    stop: async (graceMs) => {
      await Promise.all(Object.values(servers).map((server) => close(server, graceMs)));
      state.stop();
    },
  };
}

class ProxyState {
  #config: IngressConfig = { hosts: [], certificates: [] };
  #contexts: readonly CertificateContext[] = [];
  #turn = 0;
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: sparesKept });
  readonly #proxy = createProxyServer({ xfwd: true, connectTimeout: connectTimeoutMs, proxyTimeout: answerTimeoutMs });

  constructor() {
    // Of WebSockets; requests have a handler of their own.
    this.#proxy.on('error', (_error, _request, out) => void out.destroy());
    this.#proxy.on('proxyRes', (answered, _request, response) => {
      // Else the client would wait for the rest for ever.
      answered.once('close', () => {
        if (!answered.complete) response.destroy();
      });
    });
  }

  setConfig(config: IngressConfig): readonly string[] {
    const problems: string[] = [];
    this.#contexts = config.certificates.flatMap((certificate) => {
      try {
        return [{ certificate, context: contextOf(certificate) }];
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
      const found = this.#contexts.find(
        ({ certificate }) => wanted !== undefined && certificate.hosts.includes(wanted),
      );
      if (found) return found.context;
    }
    return this.fallback?.context;
  }

  /** What is shown to those who name no host, or one that no certificate is for. */
  get fallback(): CertificateContext | undefined {
    return this.#contexts.find(({ certificate }) => certificate.hosts.length === 0) ?? this.#contexts[0];
  }

  onRequest(request: IncomingMessage, response: ServerResponse): void {
    this.#ask(request, response, { failed: [], headers: { ...request.headers } });
  }

  /** A pod that stops may close a connection just as a request is sent on it: another is asked then, where that is safe. */
  #ask(request: IncomingMessage, response: ServerResponse, { failed, headers }: Attempt): void {
    const route = this.#routeOf(request);
    if (!route) return answer(response, 404, 'no Ingress has a rule for this host and path');
    const target = this.#next(route, failed);
    if (!target) return answer(response, 503, `no pod of Service ${route.service} is ready`);
    const startedAt = performance.now();
    // Those of the client: each attempt adds who asked.
    request.headers = { ...headers };
    let hasFailed = false;
    this.#proxy.web(request, response, { target, agent: this.#agent }, () => {
      if (hasFailed) return;
      hasFailed = true;
      const isEarly = performance.now() - startedAt < askAgainMs && !response.headersSent && !response.destroyed;
      const asked = [...failed, target];
      if (isEarly && asked.length < maxAttempts && mayBeRepeated(request, headers))
        this.#ask(request, response, { failed: asked, headers });
      else answer(response, 502, 'the pod did not answer');
    });
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

  /** Pods take turns; those that failed just now are asked again where there is no other. */
  #next({ targets }: IngressPathRoute, failed: readonly IngressTarget[] = []): IngressTarget | undefined {
    const others =
      failed.length === 0
        ? targets
        : targets.filter(({ host, port }) => !failed.some((each) => each.host === host && each.port === port));
    const candidates = others.length > 0 ? others : targets;
    this.#turn = (this.#turn + 1) % 1_000_000;
    return candidates[this.#turn % Math.max(1, candidates.length)];
  }
}

interface CertificateContext {
  readonly certificate: IngressCertificate;
  readonly context: SecureContext;
}

interface Attempt {
  /** Pods that were asked. */
  readonly failed: readonly IngressTarget[];
  /** As the client sent them. */
  readonly headers: IncomingHttpHeaders;
}

/** Without a body, of which the first pod may have had a part, and of a method that changes nothing. */
function mayBeRepeated({ method = '' }: IncomingMessage, headers: IncomingHttpHeaders): boolean {
  const hasBody = headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
  return safeMethods.includes(method) && !hasBody;
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

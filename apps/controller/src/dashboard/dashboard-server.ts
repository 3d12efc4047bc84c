import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { ApiError, type FeedRole } from '@gantry/api-types';
import type { Clock, InformerSource, Logger } from '@gantry/core';
import { FeedHistory } from '@gantry/core/history/feed-history';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { InProcessApi } from '../api/http/in-process.ts';
import type { DashboardCredentials } from '../auth/dashboard-credentials.ts';
import type { AutoscalerSource } from '../autoscaling/autoscaler-histories.ts';
import { type ApiAccess, createApiAccess } from './api-access.ts';
import { registerAutoscalers } from './autoscalers-route.ts';
import { DashboardAuth, sessionSeconds } from './dashboard-auth.ts';
import { FeedHub } from './feed-hub.ts';
import { createFeedSocket } from './feed-socket.ts';
import { compressSegment, registerHistory } from './history-routes.ts';
import { notBuiltPage, reloadScriptHash, signInPage } from './plain-pages.ts';
import { contentSecurityPolicy, refuseRequest, securityHeaders } from './request-guard.ts';
import type { ClusterFacts, DecisionSource, QueueSource, UsageSource } from './sources.ts';
import { registerUsageHistory, type UsageHistorySource } from './usage-history-route.ts';

export interface DashboardServerOptions {
  readonly objects: InformerSource & { readonly revision: number };
  /** The Kubernetes API, and what sessions call it with. */
  readonly api: { readonly backend: InProcessApi; readonly credentials: DashboardCredentials };
  readonly decisions: DecisionSource;
  /** Absent where nothing schedules. */
  readonly queue?: QueueSource;
  /** Absent where nothing autoscales. */
  readonly autoscalers?: AutoscalerSource;
  readonly usage: UsageSource;
  /** Absent where no samples are kept. */
  readonly usageHistory?: UsageHistorySource;
  readonly cluster: ClusterFacts;
  readonly clock: Clock;
  readonly logger: Logger;
  /** On 127.0.0.1; 0 picks a free one. */
  readonly port: number;
  /** Where `vite build` puts the page. May appear later: until then a line says so. */
  readonly dashboardDist: string;
  /** Signs sessions; see {@link DashboardAuth}. */
  readonly sessionKey?: Uint8Array;
}

export interface DashboardServer {
  /** Resolves to the port; rejects with the system's error (`EADDRINUSE`) where it cannot be had. */
  listen(): Promise<number>;
  /** The address that turns a one-time token into a session. */
  url(oneTimeToken: string): string;
  /** A link for one browser, with a fresh one-time token. */
  issueLink(role: FeedRole): string;
  /** Resolves when the port is free and every page is disconnected. */
  close(): Promise<void>;
}

/** The dashboard's own plain loopback server: page, feed, decisions and the Kubernetes API, all behind a session. */
export function createDashboardServer(options: DashboardServerOptions): DashboardServer {
  const { clock, logger } = options;
  const auth = new DashboardAuth({ clock, ...(options.sessionKey ? { key: options.sessionKey } : {}) });
  const epoch = randomUUID();
  const history = new FeedHistory({ epoch, clock, logger, compress: compressSegment });
  const hub = new FeedHub({ ...options, epoch, history });
  const sockets = createFeedSocket({ hub, logger, roleOf: (cookie) => auth.roleOf(cookie) });
  const access = createApiAccess({ ...options.api, roleOf: (cookie) => auth.roleOf(cookie) });
  const app = createApp(options, { auth, access, history });
  app.server.on('upgrade', (request, socket, head) => {
    if (!access.upgrade(request, socket, head)) sockets.upgrade(request, socket, head);
  });
  let port = options.port;
  const url = (token: string): string => `http://127.0.0.1:${port}/login?token=${token}`;
  return {
    url,
    issueLink: (role) => url(auth.issueToken(role)),
    async listen() {
      hub.start();
      await app.listen({ host: '127.0.0.1', port });
      const address = app.server.address();
      if (address && typeof address === 'object') port = address.port;
      return port;
    },
    async close() {
      hub.close();
      sockets.close();
      access.close();
      await app.close();
    },
  };
}

interface AppParts {
  readonly auth: DashboardAuth;
  readonly access: ApiAccess;
  readonly history: FeedHistory;
}

function createApp(options: DashboardServerOptions, { auth, access, history }: AppParts): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: 4096,
    forceCloseConnections: true,
    // The API server parses, limits and answers by itself: its requests never enter this server's routes.
    serverFactory: (handler) =>
      createServer((request, response) => {
        if (!access.answer(request, response)) handler(request, response);
      }),
  });
  const roleOf = (request: FastifyRequest): FeedRole | undefined => auth.roleOf(request.headers.cookie);
  // Bodies are JSON only: a form or text body can be posted by any site without asking.
  app.removeContentTypeParser('text/plain');
  app.setErrorHandler((error: FastifyError | ApiError, _request, reply) => answerError(error, reply, options.logger));
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders);
    const problem = refuseRequest(request.headers);
    if (problem) throw new ApiError('Forbidden', problem);
    if (request.routeOptions.url === '/login' || roleOf(request)) return;
    if (request.url.startsWith('/api/'))
      throw new ApiError('Unauthorized', 'no dashboard session: npx gantry dashboard prints a link');
    const wasRefused = request.url === '/?link=used';
    return sendPage(
      reply.code(request.url === '/' || wasRefused ? 200 : 401),
      signInPage(wasRefused),
      reloadScriptHash,
    );
  });
  registerLogin(app, auth);
  app.get('/api/session', async (request) => ({ role: roleOf(request) }));
  app.get<{ Params: { uid: string } }>('/api/decisions/:uid', async (request) => {
    const decision = options.decisions.get(request.params.uid);
    if (!decision) throw new ApiError('NotFound', `no scheduling decision is kept for pod uid ${request.params.uid}`);
    const queue = decision.outcome === 'unschedulable' ? options.queue?.placeOf(request.params.uid) : undefined;
    return queue ? { ...decision, queue } : decision;
  });
  if (options.autoscalers) registerAutoscalers(app, options.autoscalers);
  registerHistory(app, history);
  if (options.usageHistory) registerUsageHistory(app, options.usageHistory);
  registerPage(app, options.dashboardDist);
  return app;
}

function registerLogin(app: FastifyInstance, auth: DashboardAuth): void {
  app.get<{ Querystring: { token?: string } }>('/login', async (request, reply) => {
    reply.header('cache-control', 'no-store');
    const session = auth.redeem(String(request.query.token ?? ''));
    if (session) {
      reply.header(
        'set-cookie',
        `${auth.cookieName}=${session}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${sessionSeconds}`,
      );
      return reply.redirect('/', 302);
    }
    // The same link opened twice in one browser is no problem: the session is there.
    return reply.redirect(auth.roleOf(request.headers.cookie) ? '/' : '/?link=used', 302);
  });
}

function registerPage(app: FastifyInstance, distDir: string): void {
  void app.register(fastifyStatic, {
    root: join(distDir, 'assets'),
    prefix: '/assets/',
    immutable: true,
    maxAge: '1y',
  });
  app.get('/icon.svg', (_request, reply) => reply.sendFile('icon.svg', distDir));
  app.setNotFoundHandler((request) => {
    throw new ApiError('NotFound', `${request.method} ${request.url} is not here`);
  });
  // Places on the page (`/pod/default/web-1`) are paths too.
  app.get('/*', (request, reply) => {
    if (request.url.startsWith('/api/')) return reply.callNotFound();
    if (!existsSync(join(distDir, 'index.html'))) return sendPage(reply, notBuiltPage(distDir));
    return reply
      .headers({ 'content-security-policy': contentSecurityPolicy(), 'cache-control': 'no-cache' })
      .sendFile('index.html', distDir, { cacheControl: false });
  });
}

function sendPage(reply: FastifyReply, html: string, scriptHash?: string): FastifyReply {
  return reply
    .headers({ 'content-security-policy': contentSecurityPolicy(scriptHash), 'cache-control': 'no-store' })
    .type('text/html; charset=utf-8')
    .send(html);
}

/** Every refusal is a Kubernetes `Status`; what is not an ApiError and not the client's fault is logged and hidden. */
function answerError(error: FastifyError | ApiError, reply: FastifyReply, logger: Logger): FastifyReply {
  if (error instanceof ApiError) return reply.code(error.code).send(error.toStatus());
  const code = error.statusCode ?? 500;
  if (code < 500) return reply.code(code).send(new ApiError('BadRequest', error.message).toStatus());
  logger.error({ err: error }, 'dashboard request failed');
  return reply
    .code(500)
    .send(new ApiError('InternalError', 'the dashboard request failed; the log of the controller says why').toStatus());
}

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError, apiVersionOf, type KindDefinition } from '@gantry/api-types';
import { createOpenApiDocuments } from '@gantry/api-types/schema';
import type { ApiClient, Clock, Logger } from '@gantry/core';
import Fastify, { type FastifyInstance } from 'fastify';
import { impersonate } from '../auth/impersonate.ts';
import type { ServiceAccountTokens } from '../auth/service-account-tokens.ts';
import type { IssueToken } from '../auth/token-issuer.ts';
import type { Authenticator } from '../auth/token-store.ts';
import { nodeInspections, podInspections } from '../inspection/inspection-resources.ts';
import { registerInspectionRoutes } from '../inspection/inspection-routes.ts';
import type { RequestMeter } from '../metrics/controller-instruments.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { registerProxyRoutes } from '../proxy/proxy-routes.ts';
import type { NodeStreams } from '../sessions/node-streams.ts';
import { createAdmission } from './admission/admission.ts';
import { ingressClassAdmission } from './admission/ingress-class.ts';
import { serviceAccountAdmission, tolerationSecondsAdmission } from './admission/pod-defaults.ts';
import { priorityAdmission } from './admission/priority.ts';
import { serviceAllocation } from './admission/service-allocation.ts';
import { storageAdmission } from './admission/storage-admission.ts';
import { tokenVolumeAdmission } from './admission/token-volume.ts';
import { createApiClient } from './client.ts';
import type { ComputedApi } from './computed-api.ts';
import { type ApiContext, untyped } from './context.ts';
import { createDiscovery, type PresentResources } from './discovery.ts';
import { registerDocumentRoutes } from './http/document-routes.ts';
import { maxBodyBytes, sendError, sendTooLarge, toApiError } from './http/errors.ts';
import { registerHealthRoutes } from './http/health-routes.ts';
import type { HttpContext } from './http/http-context.ts';
import { registerIdentityRoutes } from './http/identity-routes.ts';
import { createInProcessApi, type InProcessApi } from './http/in-process.ts';
import { type MetricsTexts, registerMetricsRoutes } from './http/metrics-routes.ts';
import { createNegotiator } from './http/negotiate.ts';
import { meterRequests } from './http/request-metering.ts';
import { registerResourceRoutes } from './http/resource-routes.ts';
import { createUpgrades } from './http/upgrade.ts';
import { createRegistry } from './registry.ts';
import { type Review, reviews } from './reviews.ts';
import { versionInfo } from './version.ts';
import { ActiveWatches } from './watch/active-watches.ts';

export interface ApiServerOptions {
  readonly objects: ObjectStore;
  readonly kinds: readonly KindDefinition[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly auth: Authenticator;
  /** Absent: no tokens of service accounts are issued, and none are described. */
  readonly serviceAccounts?: { readonly tokens: ServiceAccountTokens; readonly issueToken: IssueToken };
  /** Asked for each time: the agent sessions themselves need the client made here. */
  readonly nodeStreams: () => NodeStreams | undefined;
  /** PEM. Absent in tests that only inject. */
  readonly tls?: { readonly certificatePem: string; readonly keyPem: string };
  /** IPv4 range of cluster IPs. Default `10.96.0.0/16`. */
  readonly serviceCidr?: string;
  /** Default 30000 to 32767. */
  readonly nodePortRange?: readonly [number, number];
  /** Questions beyond Kubernetes' reviews, answered the same way. */
  readonly questions?: readonly Review[];
  /** Group versions beside those of the kinds, whose objects are made when asked for. */
  readonly computedApis?: readonly ComputedApi[];
  /** Counts requests; absent where nobody asks. */
  readonly requestMeter?: RequestMeter;
  /** What `/metrics` and its like answer; without it there are none. */
  readonly metricsTexts?: MetricsTexts;
  /** For the not-ready and unreachable tolerations that pods get. Default 1. */
  readonly tolerationSeconds?: number;
  /** Whether pods get a volume with a token unless they say otherwise: where the agents carry such volumes out. */
  readonly mountsServiceAccountTokens?: boolean;
  /** Takes WebSocket upgrades on paths that are not the API's. False or absent: 404. */
  readonly onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;
}

export interface ApiServer {
  /** Not listening yet. Closing it ends all watches first. Other routes (join, agent archive) may be added before listening. */
  readonly app: FastifyInstance;
  /** The same handlers in process. Usable at once. */
  readonly client: ApiClient;
  /** How many watches are open. */
  readonly openWatches: () => number;
  /** For requests that arrive at the dashboard's server. */
  readonly inProcess: InProcessApi;
}

/** Builds the Kubernetes API over an object store. It starts nothing: the caller listens and closes. */
export function createApiServer(options: ApiServerOptions): ApiServer {
  const api = createContext(options);
  const watches = new ActiveWatches();
  const closing = new AbortController();
  const http: HttpContext = {
    api,
    auth: options.auth,
    watches,
    reviews: [...reviews, ...(options.questions ?? [])],
    computed: options.computedApis ?? [],
    closing: closing.signal,
    negotiate: createNegotiator(),
  };
  const app = createApp(options);
  setErrorHandling(app, options);
  let hasSynced = false;
  void options.objects.hasSynced.then(() => {
    hasSynced = true;
  });
  registerHealthRoutes(app, () => hasSynced);
  const computed = http.computed.flatMap(({ resources }) => resources);
  const discovery = createDiscovery(
    api.registry,
    [...api.registry.otherVersions, ...http.reviews, ...computed, podInspections, nodeInspections],
    presentResources(http.computed),
  );
  const openApi = createOpenApiDocuments({
    kinds: [
      ...options.kinds,
      ...api.registry.otherVersions,
      ...http.computed.flatMap(({ described = [] }) => described),
    ],
    title: 'Kubernetes',
    version: versionInfo.gitVersion,
  });
  // A scope of its own: what others register beside it authenticates and parses bodies in its own way.
  void app.register(async (scope) => {
    scope.decorateRequest('user', undefined);
    scope.decorateRequest('metered', undefined);
    if (options.requestMeter) meterRequests(scope, options.requestMeter);
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.addHook('onRequest', (request, _reply, done) => {
      const user = options.auth.authenticate(request.headers.authorization);
      if (!user) return done(new ApiError('Unauthorized', 'Unauthorized'));
      request.user = impersonate(user, request.headers);
      done();
    });
    registerDocumentRoutes(scope, { discovery, openApi });
    if (options.metricsTexts) registerMetricsRoutes(scope, http, options.metricsTexts);
    if (options.serviceAccounts) registerIdentityRoutes(scope, options.serviceAccounts.tokens);
    registerProxyRoutes(scope, http);
    registerInspectionRoutes(scope, http);
    registerResourceRoutes(scope, http);
  });
  const upgrade = createUpgrades(http);
  acceptUpgrades(app, upgrade, options);
  app.addHook('preClose', async () => {
    watches.endAll();
    closing.abort();
  });
  const openWatches = () => watches.size;
  return { app, openWatches, client: createApiClient(api), inProcess: createInProcessApi(app, upgrade) };
}

/** What computed APIs have beside what they always list. */
function presentResources(apis: readonly ComputedApi[]): PresentResources {
  const present = new Map(apis.flatMap((api) => (api.present ? [[apiVersionOf(api), api.present] as const] : [])));
  return (groupVersion) => present.get(groupVersion)?.() ?? [];
}

function createContext(options: ApiServerOptions): ApiContext {
  const { objects, clock, logger, nodeStreams } = options;
  const untypedObjects = untyped(objects);
  const admission = createAdmission([
    serviceAccountAdmission(untypedObjects),
    ...(options.mountsServiceAccountTokens ? [tokenVolumeAdmission(untypedObjects)] : []),
    tolerationSecondsAdmission(options.tolerationSeconds ?? 1),
    priorityAdmission(untypedObjects),
    storageAdmission(untypedObjects),
    ingressClassAdmission(untypedObjects),
    serviceAllocation({
      services: objects.informer('services'),
      serviceCidr: options.serviceCidr ?? '10.96.0.0/16',
      nodePortRange: options.nodePortRange ?? [30_000, 32_767],
    }),
  ]);
  const registry = createRegistry(options.kinds);
  const issueToken = options.serviceAccounts?.issueToken;
  return { objects: untypedObjects, registry, admission, clock, logger, issueToken, nodeStreams };
}

/** Label selectors may be long; Go servers take 1 MiB of headers. */
const maxHeaderBytes = 256 * 1024;
/** For receiving a request, not for answering it: watches and logs take as long as they take. */
const requestTimeoutMs = 120_000;
/** Go clients keep idle connections for 90 s; a server that closes earlier makes them fail on the next request. */
const keepAliveMs = 120_000;

function noSchemas() {
  return () => {
    throw new Error('routes of the API server have no fastify schemas: check what they take by hand');
  };
}

function createApp({ tls }: ApiServerOptions): FastifyInstance {
  const common = {
    bodyLimit: maxBodyBytes,
    keepAliveTimeout: keepAliveMs,
    requestTimeout: requestTimeoutMs,
    exposeHeadRoutes: false,
    // Names and label selectors may be long; the resource paths are taken apart by our own code anyway.
    routerOptions: { maxParamLength: 2000 },
    forceCloseConnections: 'idle',
    // Kubernetes objects are decoded by their own schemas: loading fastify's compilers would cost 80 ms and 8 MB for nothing.
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
  } as const;
  // TCP keep-alive finds watchers whose host has gone without a word.
  const sockets = { maxHeaderSize: maxHeaderBytes, keepAlive: true, keepAliveInitialDelay: 30_000 };
  if (!tls) return Fastify({ ...common, http: sockets });
  const https = { ...sockets, cert: tls.certificatePem, key: tls.keyPem, minVersion: 'TLSv1.2' } as const;
  return Fastify({ ...common, https }) as unknown as FastifyInstance;
}

function setErrorHandling(app: FastifyInstance, { logger, auth }: ApiServerOptions): void {
  app.setErrorHandler((error, request, reply) => {
    const failure = toApiError(error, logger, request);
    if (failure.reason === 'RequestEntityTooLarge') return sendTooLarge(request, reply, failure);
    return sendError(reply, failure);
  });
  app.setNotFoundHandler((request, reply) => {
    if (!auth.authenticate(request.headers.authorization)) throw new ApiError('Unauthorized', 'Unauthorized');
    return reply.code(404).header('content-type', 'text/plain; charset=utf-8').send('404 page not found\n');
  });
}

function acceptUpgrades(
  app: FastifyInstance,
  upgrade: InProcessApi['upgrade'],
  { onUpgrade }: Pick<ApiServerOptions, 'onUpgrade'>,
): void {
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (upgrade(request, socket, head) || onUpgrade?.(request, socket, head)) return;
    socket.on('error', () => socket.destroy());
    socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  });
}

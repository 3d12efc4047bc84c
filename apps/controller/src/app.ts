import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { kinds, resourceNames } from '@gantry/api-types/kinds';
import { agentProtocol } from '@gantry/api-types/protocol';
import type { Logger } from '@gantry/core';
import { apiServiceNames, clusterDomain, dnsServiceIp } from '@gantry/core/network/services/service-network';
import type { FastifyInstance } from 'fastify';
import { WebSocketServer } from 'ws';
import { ensureClusterObjects } from './api/cluster-objects.ts';
import { type ApiServer, createApiServer } from './api/server.ts';
import { withDashboardSessions } from './auth/dashboard-credentials.ts';
import { withServiceAccounts } from './auth/service-account-authenticator.ts';
import { openServiceAccountKey } from './auth/service-account-key.ts';
import { createServiceAccountTokens } from './auth/service-account-tokens.ts';
import { createTokenIssuer } from './auth/token-issuer.ts';
import { type Authenticator, openTokenStore, type TokenStore } from './auth/token-store.ts';
import { createAutoscalerSource } from './autoscaling/autoscaler-histories.ts';
import { DecisionHistory } from './autoscaling/decision-history.ts';
import type { ControllerConfig } from './config.ts';
import { startController as startControlLoop } from './controllers/controller.ts';
import { startControllers } from './controllers/start-controllers.ts';
import { createDashboardServer, type DashboardServer } from './dashboard/dashboard-server.ts';
import { registerDashboardLinkRoute } from './dashboard/link-route.ts';
import { openSessionKey } from './dashboard/session-key.ts';
import type { ClusterFacts } from './dashboard/sources.ts';
import { createEventRecorder } from './events/event-recorder.ts';
import { registerJoinRoutes } from './join/join-routes.ts';
import { ClusterMetrics } from './metrics/cluster-metrics.ts';
import { ControllerInstruments } from './metrics/controller-instruments.ts';
import { createMetricsApis } from './metrics/metrics-apis.ts';
import { createMetricsTexts } from './metrics/metrics-texts.ts';
import { startNodePools } from './node-pools/start-node-pools.ts';
import type { ObjectStore } from './objects/object-store.ts';
import { openObjectStore } from './objects/watch-cache.ts';
import { type ClusterPki, openClusterPki } from './pki/cluster-pki.ts';
import { writeKubeconfig } from './pki/kubeconfig.ts';
import { RebalanceController } from './rebalance/rebalance-controller.ts';
import { DecisionLog } from './scheduler/decision-log.ts';
import { type Scheduler, startScheduler } from './scheduler/scheduler.ts';
import { AgentSessions, maxAgentFrameBytes } from './sessions/agent-sessions.ts';
import { gantryQuestions } from './simulation/questions.ts';
import { createReadSource } from './simulation/simulation-source.ts';
import { openSqliteStore } from './store/sqlite-store.ts';
import { systemClock } from './system-clock.ts';
import { acceptUpload } from './transfers/accept-upload.ts';
import { registerTransferRoutes } from './transfers/transfer-routes.ts';
import { gantryVersion } from './version.ts';

/** Where the builds of the page and of the agent are. */
export interface BuiltParts {
  readonly dashboardDist: string;
  readonly agentDist: string;
}

/** As they lie in this repository. */
export const repositoryParts: BuiltParts = {
  dashboardDist: fileURLToPath(new URL('../../dashboard/dist/', import.meta.url)),
  agentDist: fileURLToPath(new URL('../../agent/dist/', import.meta.url)),
};

export interface Controller {
  /** `https://address:port` of the API. */
  readonly server: string;
  /** Ends every loop, socket and write; resolves when the store is closed. */
  stop(): Promise<void>;
}

/** Something that is stopped with the controller, in the reverse order of its start. */
type Stoppable = { stop(): Promise<void> };

/**
 * Starts a controller: store, API, reconcilers, scheduler, agent sessions and dashboard. Rejects where a port or the
 * data directory cannot be had; what was started is stopped again then.
 */
export async function startController(
  config: ControllerConfig,
  logger: Logger,
  parts: BuiltParts = repositoryParts,
): Promise<Controller> {
  const started: Stoppable[] = [];
  const stop = async () => {
    for (const part of started.splice(0).reverse()) await part.stop();
  };
  try {
    const server = await startParts(config, logger, parts, started);
    return { server, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(
  config: ControllerConfig,
  logger: Logger,
  parts: BuiltParts,
  started: Stoppable[],
): Promise<string> {
  const clock = systemClock;
  const { dataDir } = config;
  const addresses = [config.address, ...apiServiceNames(config.serviceCidr)];
  const pki = await openClusterPki({ dataDir, addresses, clock });
  const staticTokens = await openTokenStore({ dataDir, clock });
  const serviceTokens = createServiceAccountTokens(await openServiceAccountKey(dataDir), clock);
  const instruments = new ControllerInstruments();
  const objects = await openObjects({ config, logger, instruments }, started);
  const accounts = withServiceAccounts(staticTokens, { tokens: serviceTokens, objects, clock });
  const { auth, credentials } = withDashboardSessions(accounts);
  const issueToken = createTokenIssuer(objects, serviceTokens);
  const metrics = new ClusterMetrics({ informers: objects, clock });
  started.push({ stop: async () => metrics.stop() });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxAgentFrameBytes, perMessageDeflate: false });
  let sessions: AgentSessions | undefined;
  let scheduler: Scheduler | undefined;
  const source = createReadSource(() => scheduler, objects);
  const { app, client, inProcess, openWatches }: ApiServer = createApiServer({
    objects,
    kinds,
    clock,
    logger,
    auth,
    serviceAccounts: { tokens: serviceTokens, issueToken },
    mountsServiceAccountTokens: true,
    nodeStreams: () => sessions,
    questions: gantryQuestions({ source, usage: metrics, clock }),
    // The chain holds the CA, so that a joining host can compare it with its pin.
    tls: { certificatePem: `${pki.serverCertificatePem}\n${pki.caPem}`, keyPem: pki.serverKeyPem },
    computedApis: createMetricsApis({ informers: objects, metrics, clock }),
    requestMeter: instruments.requests,
    metricsTexts: createMetricsTexts({ informers: objects, metrics, instruments }),
    serviceCidr: config.serviceCidr,
    tolerationSeconds: config.defaultTolerationSeconds,
    onUpgrade: (request, socket, head) =>
      acceptUpload({ auth, informers: objects, nodeStreams: sessions, logger }, { request, socket, head }) ||
      acceptAgent(sockets, { auth, sessions, request, socket, head }),
  });
  started.push({ stop: async () => void (await app.close()) });
  await objects.hasSynced;
  const { dnsIp } = await ensureClusterObjects(client, {
    apiPort: config.port,
    apiAddress: config.address,
    dnsIp: dnsServiceIp(config.serviceCidr),
  });
  const events = createEventRecorder({ client, informers: objects, clock, logger });
  started.push(events);
  const { cluster, clusterCidr, nodeCidrMask, heartbeatMs } = config;
  sessions = new AgentSessions({
    client,
    informers: objects,
    events,
    clock,
    logger,
    cluster,
    clusterCidr,
    nodeCidrMask,
    heartbeatMs,
    serviceNetwork: {
      clusterCidr,
      serviceCidr: config.serviceCidr,
      dnsIp,
      domain: clusterDomain,
    },
    issueToken,
    wantedMetrics: metrics.custom.wanted,
    onUsage: (nodeName, usage) => metrics.record(nodeName, usage),
    onPodMetrics: (items) => metrics.custom.record(items),
  });
  started.push(sessions);
  const decisions = new DecisionLog();
  const history = new DecisionHistory();
  const { syncPeriodMs, ...settings } = config.autoscaling;
  started.push(
    startControllers({
      client,
      informers: objects,
      events,
      heartbeats: sessions,
      metrics,
      instruments,
      clock,
      logger,
      options: {
        nodeGraceMs: config.nodeGraceMs,
        clusterCa: pki.caPem,
        autoscaling: { settings, syncPeriodMs, history },
      },
    }),
  );
  scheduler = startScheduler({
    client,
    informers: objects,
    events,
    clock,
    logger,
    decisions,
    meter: instruments.scheduler,
  });
  started.push(scheduler);
  const services = { client, informers: objects, events, clock, logger, instruments };
  started.push(startControlLoop(new RebalanceController(services, { source }), services));
  measureParts(instruments, { scheduler, sessions, objects, metrics, openWatches });
  const dashboard = createDashboardServer({
    objects,
    api: { backend: inProcess, credentials },
    decisions,
    queue: scheduler,
    autoscalers: createAutoscalerSource({ informers: objects, history, syncPeriodMs, clock }),
    usage: usageOf(sessions),
    usageHistory: metrics,
    cluster: factsOf(config),
    clock,
    logger,
    port: config.dashboardPort,
    dashboardDist: parts.dashboardDist,
    sessionKey: await openSessionKey(dataDir),
  });
  await dashboard.listen();
  started.push({ stop: () => dashboard.close() });
  const { address, port } = config;
  const pools = { cluster, pki, api: app.server, address, port, source };
  started.push(startNodePools({ client, informers: objects, events, clock, logger, ...pools }));
  const connected = sessions;
  registerJoinRoutes(app, {
    auth,
    informers: objects,
    clock,
    logger,
    agentDist: parts.agentDist,
    isConnected: (name) => connected.isConnected(name),
    client,
    cluster,
  });
  registerTransferRoutes(app, { auth, informers: objects, nodeStreams: connected });
  registerDashboardLinkRoute(app, { auth, dashboard });
  return listen(app, config, { pki, auth: staticTokens, dashboard });
}

interface MeasuredParts {
  readonly scheduler: Scheduler;
  readonly sessions: AgentSessions;
  readonly objects: ObjectStore;
  readonly metrics: ClusterMetrics;
  readonly openWatches: () => number;
}

/** Where the instruments read what is counted elsewhere. */
function measureParts({ parts }: ControllerInstruments, measured: MeasuredParts): void {
  const { scheduler, sessions, objects, metrics, openWatches } = measured;
  parts.watches = openWatches;
  parts.pendingPods = () => scheduler.pending();
  parts.agentSessions = () => sessions.connectedCount;
  parts.objects = () => resourceNames.map((resource) => [resource, objects.informer(resource).lister.size]);
  parts.historySubjects = () => metrics.history.size;
}

interface OpenObjectsOptions {
  readonly config: ControllerConfig;
  readonly logger: Logger;
  readonly instruments: ControllerInstruments;
}

async function openObjects(
  { config, logger, instruments }: OpenObjectsOptions,
  started: Stoppable[],
): Promise<ObjectStore> {
  const store = await openSqliteStore({ path: join(config.dataDir, 'state.db'), logger, meter: instruments.store });
  started.push({ stop: () => store.close() });
  const objects = await openObjectStore({ store, resources: resourceNames, logger, clock: systemClock });
  started.push({ stop: () => objects.close() });
  return objects;
}

function factsOf(config: ControllerConfig): ClusterFacts {
  return {
    name: config.cluster,
    version: gantryVersion,
    settings: {
      nodeGraceSeconds: config.nodeGraceMs / 1000,
      defaultTolerationSeconds: config.defaultTolerationSeconds,
    },
  };
}

function usageOf(sessions: AgentSessions) {
  return { latest: () => sessions.latestUsage(), lastSeen: (nodeName: string) => sessions.lastSeen(nodeName) };
}

async function listen(
  app: FastifyInstance,
  config: ControllerConfig,
  parts: { pki: ClusterPki; auth: TokenStore; dashboard: DashboardServer },
): Promise<string> {
  await app.listen({ host: config.address, port: config.port });
  const bound = app.server.address();
  const port = bound && typeof bound === 'object' ? bound.port : config.port;
  const host = config.address.includes(':') ? `[${config.address}]` : config.address;
  const server = `https://${host}:${port}`;
  // Last: who waits for this file may rely on the API to answer.
  await writeKubeconfig(config.kubeconfig, {
    server,
    caPem: parts.pki.caPem,
    token: parts.auth.adminToken,
    name: 'gantry',
  });
  return server;
}

interface AgentUpgrade {
  readonly auth: Authenticator;
  readonly sessions: AgentSessions | undefined;
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Takes the WebSocket of an agent with a node credential; false where the path is another. */
function acceptAgent(sockets: WebSocketServer, { auth, sessions, request, socket, head }: AgentUpgrade): boolean {
  if (request.url !== agentProtocol.sessionPath) return false;
  const role = auth.authenticate(request.headers.authorization)?.role;
  if (role?.type !== 'node' || !sessions) {
    // 401 and 403 say that the credential is not one: not while it is only that nobody is there yet.
    const status = role?.type === 'node' ? '503 Service Unavailable' : role ? '403 Forbidden' : '401 Unauthorized';
    socket.on('error', () => socket.destroy());
    socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
    return true;
  }
  sockets.handleUpgrade(request, socket, head, (accepted) => sessions.accept(accepted, role.nodeName));
  return true;
}

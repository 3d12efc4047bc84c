import type { KubernetesObject } from '@gantry/api-types';
import { kinds, resourceNames } from '@gantry/api-types/kinds';
import type { ApiClient, Clock, Logger, Store } from '@gantry/core';
import { createMemoryStore } from '@gantry/core/store/memory-store';
import { FakeClock } from '@gantry/core/testing';
import type { FastifyInstance } from 'fastify';
import { type DashboardCredentials, withDashboardSessions } from '../../auth/dashboard-credentials.ts';
import { withServiceAccounts } from '../../auth/service-account-authenticator.ts';
import { makeServiceAccountKey } from '../../auth/service-account-key.ts';
import { createServiceAccountTokens } from '../../auth/service-account-tokens.ts';
import { createTokenIssuer, type IssueToken } from '../../auth/token-issuer.ts';
import type { Authenticator } from '../../auth/token-store.ts';
import { adminUser, nodeUser, readOnlyUser, type User } from '../../auth/user.ts';
import type { ObjectStore } from '../../objects/object-store.ts';
import { openObjectStore } from '../../objects/watch-cache.ts';
import type { NodeStreams } from '../../sessions/node-streams.ts';
import { ensureClusterObjects } from '../cluster-objects.ts';
import type { ComputedApi } from '../computed-api.ts';
import type { InProcessApi } from '../http/in-process.ts';
import type { MetricsTexts } from '../http/metrics-routes.ts';
import { type ApiServerOptions, createApiServer } from '../server.ts';

/** Tokens that {@link createTestApi} accepts. */
export const tokens = { admin: 'admin-token', reader: 'reader-token', node: 'node-token' } as const;

const users: Readonly<Record<string, User>> = {
  [tokens.admin]: adminUser,
  [tokens.reader]: readOnlyUser('reader'),
  [tokens.node]: nodeUser('node-1'),
};

const fixedAuth: Authenticator = {
  review: (token, audiences) => users[token] && { user: users[token], audiences },
  authenticate: (header) => users[header?.replace(/^Bearer /, '') ?? ''],
  issueToken: () => Promise.reject(new Error('tests use fixed tokens')),
  revoke: () => Promise.resolve(),
};

export interface Answer<T = KubernetesObject> {
  readonly code: number;
  readonly body: T;
  readonly text: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The API over an in-memory store, without a port. */
export interface TestApi extends AsyncDisposable {
  readonly app: FastifyInstance;
  readonly client: ApiClient;
  readonly inProcess: InProcessApi;
  readonly dashboardCredentials: DashboardCredentials;
  readonly objects: ObjectStore;
  /** What is under the objects, e.g. to compact it. */
  readonly store: Store;
  readonly clock: FakeClock;
  readonly issueToken: IssueToken;
  /** What was logged at warn and error. */
  readonly logged: { readonly level: string; readonly message: string; readonly fields: object }[];
  /** A request as the admin. A body that is no string or Buffer is sent as JSON. */
  call<T = Record<string, unknown>>(method: string, url: string, options?: CallOptions): Promise<Answer<T>>;
}

/** Starts from a cluster that has just begun: the built-in namespaces and the `kubernetes` Service. */
export async function createTestApi(
  options: Partial<Omit<ApiServerOptions, 'nodeStreams' | 'computedApis' | 'metricsTexts'>> & {
    nodeStreams?: NodeStreams;
    /** Over the objects that are made here. */
    computedApis?: (objects: ObjectStore, clock: Clock) => readonly ComputedApi[];
    /** The same, made after {@link computedApis}. */
    metricsTexts?: (objects: ObjectStore) => MetricsTexts;
  } = {},
): Promise<TestApi> {
  const clock = new FakeClock(Date.UTC(2026, 10, 21, 12));
  const logged: TestApi['logged'] = [];
  const logger = collectingLogger(logged);
  const store = createMemoryStore();
  // Little is kept in memory, so that tests reach the store's own history with few writes.
  const ring = { maxEvents: 16, maxBytes: 1024 * 1024 };
  // Frozen: a handler that changed what it shares with others would throw here.
  const objects = await openObjectStore({ store, resources: resourceNames, logger, clock, isFrozen: true, ring });
  await objects.hasSynced;
  const { nodeStreams, computedApis, metricsTexts, ...rest } = options;
  const serviceTokens = createServiceAccountTokens(await makeServiceAccountKey(), clock);
  const issueToken = createTokenIssuer(objects, serviceTokens);
  const accounts = withServiceAccounts(fixedAuth, { tokens: serviceTokens, objects, clock });
  const { auth, credentials: dashboardCredentials } = withDashboardSessions(accounts);
  const { app, client, inProcess } = createApiServer({
    objects,
    kinds,
    clock,
    logger,
    auth,
    serviceAccounts: { tokens: serviceTokens, issueToken },
    nodeStreams: () => nodeStreams,
    computedApis: computedApis?.(objects, rest.clock ?? clock) ?? [],
    ...(metricsTexts ? { metricsTexts: metricsTexts(objects) } : {}),
    ...rest,
  });
  await ensureClusterObjects(client);
  await app.ready();
  return {
    app,
    client,
    inProcess,
    dashboardCredentials,
    objects,
    store,
    clock,
    issueToken,
    logged,
    call: (method, url, callOptions = {}) => call(app, method, url, callOptions),
    async [Symbol.asyncDispose]() {
      await app.close();
      await objects.close();
      await store.close();
    },
  };
}

async function call<T>(app: FastifyInstance, method: string, url: string, options: CallOptions): Promise<Answer<T>> {
  const { body, contentType = 'application/json', accept = 'application/json', token = tokens.admin } = options;
  const payload = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const response = await app.inject({
    method: method as 'GET',
    url,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      accept,
      ...(payload === undefined ? {} : { 'content-type': contentType }),
      ...options.headers,
    },
    ...(payload === undefined ? {} : { payload }),
  });
  return {
    code: response.statusCode,
    body: parseIfJson(response.payload) as T,
    text: response.payload,
    headers: response.headers,
  };
}

function parseIfJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not every answer is JSON: the text is there for those.
    return undefined;
  }
}

function collectingLogger(logged: TestApi['logged']): Logger {
  const logger: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: (fields, message) => void logged.push({ level: 'warn', fields, message }),
    error: (fields, message) => void logged.push({ level: 'error', fields, message }),
    child: () => logger,
  };
  return logger;
}

/** A small valid pod. */
export function podBody(name: string, extra: Readonly<Record<string, unknown>> = {}) {
  const { metadata, spec, ...rest } = extra as { metadata?: object; spec?: object };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...metadata },
    spec: { containers: [{ name: 'c', image: 'nginx:1' }], ...spec },
    ...rest,
  };
}

/** A small valid Deployment. */
export function deploymentBody(name: string, replicas = 1) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'c', image: 'nginx:1' }] },
      },
    },
  };
}

/** A ConfigMap with one key. */
export function configMapBody(name: string, value = 'v', labels?: Readonly<Record<string, string>>) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...(labels ? { labels } : {}) }, data: { k: value } };
}

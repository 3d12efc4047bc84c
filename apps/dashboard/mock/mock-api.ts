import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError, type KubernetesObject } from '@gantry/api-types';
import type { FeedRole } from '@gantry/api-types/feed';
import { kinds } from '@gantry/api-types/kinds';
import { createOpenApiDocuments, type OpenApiDocuments } from '@gantry/api-types/schema';
import { parseLabelSelector } from '@gantry/api-types/selector';
import { applyStrategicMergePatch } from '@gantry/core/patch/strategic-merge';
import { evictPod, withBudgetStatus } from './evictions.ts';
import type { MockFleet } from './fleet.ts';
import { answerInspection } from './inspections.ts';
import { logRefusal } from './mock-logs.ts';
import { MockObjects, type MockTarget, type MockWrite } from './mock-objects.ts';
import { answerRecommendation, resizePod } from './right-sizing.ts';
import { answerRebalancePlan, answerSimulation } from './simulations.ts';

/** The part of the Kubernetes API that the page uses, over the make-believe cluster. */
export interface MockApi {
  readonly objects: MockObjects;
  /** Answers what comes under `/k8s/`; false for other paths. */
  answer(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
}

const prefix = '/k8s';

export function createMockApi(fleet: MockFleet, role: FeedRole): MockApi {
  const objects = new MockObjects(fleet);
  const openApi = createOpenApiDocuments({ kinds, title: 'Kubernetes', version: 'v1.36.0' });
  return {
    objects,
    async answer(request, response) {
      const url = new URL(request.url ?? '/', 'http://mock');
      if (!url.pathname.startsWith(`${prefix}/`)) return false;
      const path = url.pathname.slice(prefix.length);
      try {
        const document = await openApiText(openApi, path);
        if (document) return send(response, 200, document);
        const discovery = resourceList(path);
        if (discovery) return send(response, 200, JSON.stringify(discovery));
        if (path.endsWith('/log')) return sendLogRefusal(fleet, path, url.searchParams, response);
        const inspection = answerInspection(fleet, path);
        if (inspection) return send(response, 200, JSON.stringify(inspection));
        const body = await bodyOf(request);
        const call = {
          method: request.method ?? 'GET',
          path,
          url,
          body,
          contentType: request.headers['content-type'] ?? '',
        };
        return send(response, 200, JSON.stringify(run({ objects, fleet, role }, call)));
      } catch (error) {
        const failure = error instanceof ApiError ? error : new ApiError('InternalError', String(error));
        return send(response, failure.code, JSON.stringify(failure.toStatus()));
      }
    },
  };
}

/** The page follows logs over WebSockets, and asks in this way only why one was refused. */
function sendLogRefusal(fleet: MockFleet, path: string, query: URLSearchParams, response: ServerResponse): true {
  const { namespace, name } = parseTarget(path);
  const refusal = logRefusal(fleet.pods.get(`${namespace}/${name}`), query);
  if (refusal) throw refusal;
  return send(response, 200, '');
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly url: URL;
  readonly body: unknown;
  readonly contentType: string;
}

interface Backing {
  readonly objects: MockObjects;
  readonly fleet: MockFleet;
  readonly role: FeedRole;
}

function run({ objects, fleet, role }: Backing, call: Call): object {
  if (call.path.endsWith('/selfsubjectaccessreviews')) return review(role, call.body);
  if (call.path.endsWith('/gantry.io/v1/simulations')) return answerSimulation(objects, call.body);
  if (call.path.endsWith('/gantry.io/v1/rebalanceplans')) return answerRebalancePlan(objects, call.body);
  if (call.path.endsWith('/gantry.io/v1/recommendations')) return answerRecommendation(objects, fleet, call.body);
  const target = parseTarget(call.path);
  const { definition, name } = target;
  const verb = verbOf(call.method, name);
  if (!isAllowed(role, { verb, resource: definition.plural })) {
    const text = `${definition.plural} is forbidden: User "dashboard-read-only" cannot ${verb} resource "${definition.plural}"`;
    throw new ApiError('Forbidden', text);
  }
  const write: MockWrite = {
    isDryRun: call.url.searchParams.get('dryRun') === 'All',
    isStrict: call.url.searchParams.get('fieldValidation') === 'Strict',
  };
  if (target.subresource === 'eviction') return evictPod(objects, fleet, target);
  if (target.subresource === 'resize') return resizePod(fleet, target, patched(objects.get(target), call));
  const shown = (object: KubernetesObject): KubernetesObject =>
    definition.plural === 'poddisruptionbudgets' ? withBudgetStatus(objects, fleet, object) : object;
  const selector = parseLabelSelector(call.url.searchParams.get('labelSelector') ?? '');
  switch (verb) {
    case 'list':
      return {
        kind: `${definition.kind}List`,
        apiVersion: definition.version,
        metadata: {},
        items: objects
          .list(target)
          .filter(({ metadata }) => selector.matches(metadata.labels))
          .map(shown),
      };
    case 'get':
      return shown(objects.get(target));
    case 'create':
      return objects.create(target, call.body, write);
    case 'update':
      return objects.replace(target, call.body, write);
    case 'patch':
      return objects.replace(target, patched(objects.get(target), call), write);
    default:
      return objects.delete(target, (call.body ?? {}) as object);
  }
}

function verbOf(method: string, name: string | undefined): string {
  if (method === 'GET') return name === undefined ? 'list' : 'get';
  return { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }[method] ?? method;
}

interface Attributes {
  readonly verb: string;
  readonly resource: string;
  readonly subresource?: string;
}

/** As the real API has it for its two roles. */
export function isAllowed(role: FeedRole, { verb, resource, subresource }: Attributes): boolean {
  if (role === 'admin') return true;
  return ['get', 'list', 'watch'].includes(verb) && resource !== 'secrets' && subresource !== 'exec';
}

function review(role: FeedRole, body: unknown): object {
  const { spec } = body as { spec: { resourceAttributes: Attributes } };
  return { ...(body as object), status: { allowed: isAllowed(role, spec.resourceAttributes) } };
}

function patched(object: object, { body, contentType }: Call): unknown {
  const patch = body as Record<string, unknown>;
  const kind = object as { apiVersion: string; kind: string };
  if (contentType.includes('strategic')) return applyStrategicMergePatch(kind as never, patch as never, kind);
  return mergePatch(object, patch);
}

/** RFC 7386. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = typeof target === 'object' && target !== null ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

/** The kind, namespace and name that an API path names. */
export function parseTarget(path: string): MockTarget & { readonly subresource?: string | undefined } {
  const [root, ...rest] = path.split('/').filter(Boolean).map(decodeURIComponent);
  const group = root === 'apis' ? (rest.shift() ?? '') : '';
  const version = rest.shift() ?? '';
  const namespace = rest[0] === 'namespaces' && rest.length > 2 ? rest[1] : undefined;
  const [plural, name, subresource] = namespace === undefined ? rest : rest.slice(2);
  const definition = kinds.find((kind) => kind.group === group && kind.version === version && kind.plural === plural);
  if (!definition) throw new ApiError('NotFound', 'the server could not find the requested resource');
  return { definition, namespace, name, subresource };
}

async function openApiText(openApi: OpenApiDocuments, path: string): Promise<string | undefined> {
  if (path === '/openapi/v3') return JSON.stringify(await openApi.v3Index());
  if (!path.startsWith('/openapi/v3/')) return undefined;
  const document = await openApi.v3(path.slice('/openapi/v3/'.length));
  return document && Buffer.from(document.bytes).toString();
}

/** Discovery of one version: `/api/v1`, `/apis/apps/v1`. */
function resourceList(path: string): object | undefined {
  if (path === '/apis') {
    const versions = new Set(kinds.flatMap(({ group, version }) => (group ? `${group}/${version}` : [])));
    return {
      kind: 'APIGroupList',
      groups: [...versions].map((groupVersion) => ({ preferredVersion: { groupVersion } })),
    };
  }
  const found = /^\/(?:api|apis\/([^/]+))\/([^/]+)$/.exec(path);
  if (!found) return undefined;
  const [, group = '', version] = found;
  const served = kinds.filter((kind) => kind.group === group && kind.version === version);
  if (served.length === 0) throw new ApiError('NotFound', 'the server could not find the requested resource');
  const resources = served.map(({ plural, kind, isNamespaced, verbs }) => ({
    name: plural,
    kind,
    namespaced: isNamespaced,
    verbs,
  }));
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: group ? `${group}/${version}` : version,
    resources,
  };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text === '' ? undefined : JSON.parse(text);
}

function send(response: ServerResponse, code: number, text: string): true {
  response.writeHead(code, { 'content-type': 'application/json' }).end(text);
  return true;
}

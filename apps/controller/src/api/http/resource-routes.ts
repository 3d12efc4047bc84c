import { ApiError } from '@gantry/api-types';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type AccessAttributes, authorize, forbiddenMessage } from '../../auth/authorize.ts';
import type { User } from '../../auth/user.ts';
import type { AnyObject } from '../context.ts';
import { methodNotAllowed, unknownResource } from '../failures.ts';
import type { ServedKind } from '../registry.ts';
import { type Review, reviewFor } from '../reviews.ts';
import { decodeBody, decodePlain } from './body.ts';
import { computedApiFor, computedCall } from './computed-calls.ts';
import type { HttpContext, ResourceCall } from './http-context.ts';
import { parseResourcePath, type ResourcePath } from './path.ts';
import { booleanParameter, parseWriteParameters, type Query, textParameter } from './query.ts';
import { noteRequest } from './request-metering.ts';
import {
  createCall,
  deleteCall,
  deleteCollectionCall,
  getCall,
  listCall,
  patchCall,
  updateCall,
  watchCall,
} from './resource-calls.ts';
import { sendJson } from './respond.ts';
import { bindingCall, type SubresourceVerb, subresourceCall } from './subresource-calls.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

const methods: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** All resources of all kinds: one route per root; what a path means is decided by the registry, not by the router. */
export function registerResourceRoutes(app: FastifyInstance, http: HttpContext): void {
  const handler = (request: FastifyRequest, reply: FastifyReply) => handleResource(http, request, reply);
  for (const url of ['/api/*', '/apis/*']) app.route({ method: [...methods], url, handler });
}

function handleResource(
  http: HttpContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> | FastifyReply {
  const { url = '' } = request.raw;
  const end = url.indexOf('?');
  const path = parseResourcePath(end < 0 ? url : url.slice(0, end));
  const review = path && reviewFor(http.reviews, path);
  if (review) return reviewCall(http, request, reply, { path, review });
  const computed = path && computedApiFor(http.computed, path);
  if (computed) return computedCall(http, request, reply, { path, api: computed });
  if (!path || !http.api.registry.hasGroupVersion(path.apiVersion)) {
    return reply.code(404).header('content-type', 'text/plain; charset=utf-8').send('404 page not found\n');
  }
  const { user } = request;
  if (!user) throw new ApiError('Unauthorized', 'Unauthorized');
  const query = request.query as Query;
  const method = request.method as Method;
  if (path.resource === 'bindings' && path.apiVersion === 'v1' && path.namespace !== undefined) {
    return bindingsCall(
      { http, request, reply, path, kind: http.api.registry.byResource('pods'), query, user },
      method,
    );
  }
  const kind = http.api.registry.lookup(path.apiVersion, path.resource);
  if (!kind || (path.namespace !== undefined && !kind.definition.isNamespaced)) throw unknownResource();
  const version = http.api.registry.versionOf(path.apiVersion, path.resource);
  return dispatch({ http, request, reply, path: normalised(path, kind), kind, version, query, user }, method);
}

/** `/api/v1/namespaces/NAME` is the Namespace itself. */
function normalised(path: ResourcePath, kind: ServedKind): ResourcePath {
  const isNamed = path.name !== undefined;
  if (isNamed && kind.definition.isNamespaced && path.namespace === undefined) throw unknownResource();
  return path;
}

function dispatch(call: ResourceCall, method: Method): Promise<FastifyReply> | FastifyReply {
  const verb = verbOf(call, method);
  noteRequest(call, verb);
  checkAccess(call.user, call, verb);
  // Before anything is written: who is told 406 must be able to rely on it.
  if (method !== 'GET') call.http.negotiate(call.request.headers.accept);
  if (call.path.subresource !== undefined) return subresourceCall(call, verb as SubresourceVerb | 'delete');
  const { verbs } = call.kind.definition;
  if (!verb || !verbs.includes(verb)) throw methodNotAllowed();
  switch (verb) {
    case 'get':
      return getCall(call);
    case 'list':
      return listCall(call);
    case 'watch':
      return watchCall(call);
    case 'create':
      return createCall(call);
    case 'update':
      return updateCall(call);
    case 'patch':
      return patchCall(call);
    case 'delete':
      return deleteCall(call);
    case 'deletecollection':
      return deleteCollectionCall(call);
  }
}

type ResourceVerb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

function verbOf(call: ResourceCall, method: Method): ResourceVerb {
  const { path, query } = call;
  const isNamed = path.name !== undefined;
  switch (method) {
    case 'GET':
      if (isNamed) return 'get';
      return booleanParameter(query, 'watch') ? 'watch' : 'list';
    case 'POST':
      if (isNamed && path.subresource === undefined) throw methodNotAllowed();
      return 'create';
    case 'PUT':
    case 'PATCH':
      if (!isNamed) throw methodNotAllowed();
      return method === 'PUT' ? 'update' : 'patch';
    case 'DELETE':
      if (!isNamed && call.kind.definition.isNamespaced && path.namespace === undefined) throw methodNotAllowed();
      return isNamed ? 'delete' : 'deletecollection';
  }
}

/** Throws 403 in Kubernetes' words. Shared with the WebSocket upgrade. */
export function checkAccess(user: User, call: Pick<ResourceCall, 'path' | 'query' | 'kind'>, verb: string): void {
  const { path, query, kind } = call;
  const { group, plural } = kind.definition;
  const attributes: AccessAttributes = {
    verb,
    group,
    resource: plural,
    subresource: path.subresource,
    namespace: path.namespace,
    name: path.name,
    fieldSelector: textParameter(query, 'fieldSelector'),
  };
  if (authorize(user, attributes)) return;
  const details = { ...(path.name ? { name: path.name } : {}), ...(group ? { group } : {}), kind: plural };
  throw new ApiError('Forbidden', forbiddenMessage(user, attributes), details);
}

/** `POST /api/v1/namespaces/NS/bindings`: the older way to bind, by the Binding's own name. */
function bindingsCall(call: ResourceCall, method: Method): Promise<FastifyReply> {
  if (method !== 'POST' || call.path.name !== undefined) throw methodNotAllowed();
  const { path } = call;
  checkAccess(call.user, { ...call, path: { ...path, subresource: 'binding' } }, 'create');
  return bindingCall(call, undefined);
}

/** What somebody else may do, and whose a token is, is not for everybody to know. */
function checkReviewAccess(user: User, { group, resource, namespace }: ResourcePath): void {
  const attributes: AccessAttributes = { verb: 'create', group, resource, namespace };
  if (authorize(user, attributes)) return;
  throw new ApiError('Forbidden', forbiddenMessage(user, attributes), { group, kind: resource });
}

const emptyReview = {} as AnyObject;

/** Reviews answer a question about the caller and store nothing. */
async function reviewCall(
  http: HttpContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { path, review }: { readonly path: ResourcePath; readonly review: Review },
): Promise<FastifyReply> {
  if (!request.user) throw new ApiError('Unauthorized', 'Unauthorized');
  if (request.method !== 'POST' || path.name !== undefined) throw methodNotAllowed();
  if (review.isRestricted) checkReviewAccess(request.user, path);
  const { fieldValidation } = parseWriteParameters(request.query as Query);
  const body = Buffer.isBuffer(request.body) ? request.body : undefined;
  const source = { contentType: request.headers['content-type'], body };
  const decode = () => (review.isPlain ? decodePlain(source) : decodeBody(review, source, fieldValidation).object);
  const question = review.ignoresBody ? emptyReview : decode();
  const answer = await review.answer({ user: request.user, auth: http.auth, now: http.api.clock.now() }, question);
  return sendJson(reply, answer, 201);
}

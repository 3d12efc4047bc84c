import { ApiError } from '@gantry/api-types';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { authorize, forbiddenMessage } from '../../auth/authorize.ts';
import type { ComputedApi } from '../computed-api.ts';
import { unsaved } from '../context.ts';
import { methodNotAllowed } from '../failures.ts';
import type { HttpContext } from './http-context.ts';
import type { ResourcePath } from './path.ts';
import { booleanParameter, type Query } from './query.ts';
import { noteRequest } from './request-metering.ts';
import { sendJson, sendList, sendObject } from './respond.ts';

/** The API that serves the path; undefined where it is one of stored kinds, or nobody's. */
export function computedApiFor(apis: readonly ComputedApi[], path: ResourcePath): ComputedApi | undefined {
  return apis.find(({ group, version }) => group === path.group && version === path.version);
}

/** A request to a {@link ComputedApi}: reads only, with the rights that reads of stored kinds need. */
export function computedCall(
  http: HttpContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { path, api }: { readonly path: ResourcePath; readonly api: ComputedApi },
): FastifyReply {
  const { user } = request;
  if (!user) throw new ApiError('Unauthorized', 'Unauthorized');
  const query = request.query as Query;
  if (request.method !== 'GET' || booleanParameter(query, 'watch')) throw methodNotAllowed();
  const { group, namespace, resource, name, subresource } = path;
  const attributes = { verb: name === undefined ? 'list' : 'get', group, resource, subresource, namespace, name };
  if (!authorize(user, attributes)) {
    throw new ApiError('Forbidden', forbiddenMessage(user, attributes), { group, kind: resource });
  }
  const answer = api.answer({ namespace, resource, name, subresource, query });
  if (answer.type === 'document') return sendJson(reply, answer.body);
  const call = { http, request, reply, path, kind: answer.kind, query, user };
  noteRequest(call, attributes.verb);
  if (answer.type === 'object') return sendObject(call, unsaved(answer.object));
  const items = answer.items.map((object) => ({ ...unsaved(object), key: '', revision: 0 }));
  return sendList(call, { items, metadata: {} });
}

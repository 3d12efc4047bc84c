import { ApiError } from '@gantry/api-types';
import type { FastifyReply } from 'fastify';
import type { AnyObject, Target } from '../context.ts';
import { methodNotAllowed } from '../failures.ts';
import { createObject } from '../handlers/create.ts';
import { deleteObject, deletionStatus } from '../handlers/delete.ts';
import { deleteCollection } from '../handlers/delete-collection.ts';
import { getObject } from '../handlers/get.ts';
import { listObjects } from '../handlers/list.ts';
import { type PatchRequest, patchObject } from '../handlers/patch.ts';
import { type UpdateScope, updateObject } from '../handlers/update.ts';
import { watchObjects } from '../handlers/watch.ts';
import { openHttpTransport } from '../watch/http-transport.ts';
import type { WatchTransport } from '../watch/watch-transport.ts';
import { applyStrategicPatch, decodeValue, type ObjectType } from '../wire.ts';
import { type DecodedBody, decodeBody, decodeDeleteOptions, decodePatch } from './body.ts';
import type { ResourceCall } from './http-context.ts';
import { type FieldValidation, parseListOptions, parseWatchOptions, parseWriteParameters } from './query.ts';
import { addWarnings, representationFor, sendJson, sendList, sendObject } from './respond.ts';

/** GET of one object. */
export function getCall(call: ResourceCall): FastifyReply {
  return sendObject(call, getObject(call.http.api, targetOf(call)));
}

/** GET of a collection. */
export async function listCall(call: ResourceCall): Promise<FastifyReply> {
  const { kind, path, query } = call;
  const options = parseListOptions(kind.definition, query);
  return sendList(call, await listObjects(call.http.api, { kind, namespace: path.namespace, options }));
}

/** GET of a collection with `watch`: the answer is written past fastify, event by event. */
export async function watchCall(call: ResourceCall): Promise<FastifyReply> {
  const { reply } = call;
  await openWatch(call, () => {
    reply.hijack();
    return openHttpTransport(reply.raw);
  });
  return reply;
}

/** Starts a watch over any transport. */
export function openWatch(call: ResourceCall, open: () => WatchTransport): Promise<void> {
  const { kind, path, query, http } = call;
  const { representation, format } = representationFor(call);
  const options = parseWatchOptions(kind.definition, query);
  const request = {
    kind,
    namespace: path.namespace,
    options,
    representation,
    isPlain: format.type === 'json' && !call.version,
  };
  return watchObjects(http.api, http.watches, request, open);
}

/** POST to a collection. */
export async function createCall(call: ResourceCall): Promise<FastifyReply> {
  const { kind, path, query, reply, http } = call;
  if (kind.definition.isNamespaced && path.namespace === undefined) throw methodNotAllowed();
  const { dryRun, fieldValidation } = parseWriteParameters(query);
  const { object, warnings } = decodeObject(call, fieldValidation);
  object.metadata ??= {} as AnyObject['metadata'];
  addWarnings(reply, warnings);
  const written = await createObject(http.api, { kind, namespace: path.namespace, object, dryRun });
  return sendObject(call, written, 201);
}

/** PUT of an object or its status. */
export async function updateCall(call: ResourceCall, scope: UpdateScope = 'main'): Promise<FastifyReply> {
  const { query, reply, http } = call;
  const { dryRun, fieldValidation } = parseWriteParameters(query);
  const { object, warnings } = decodeObject(call, fieldValidation);
  object.metadata ??= {} as AnyObject['metadata'];
  addWarnings(reply, warnings);
  return sendObject(call, await updateObject(http.api, { target: targetOf(call), object, dryRun, scope }));
}

/** PATCH of an object or its status. */
export async function patchCall(call: ResourceCall, scope: UpdateScope = 'main'): Promise<FastifyReply> {
  const { query, reply, http } = call;
  const { dryRun, fieldValidation } = parseWriteParameters(query);
  const patch = decodePatch(bodyOf(call));
  let warnings: readonly string[] = [];
  const decode: PatchRequest['decode'] = (document) => {
    const decoded = decodeValue(typeOf(call), document);
    if (decoded.problems.length > 0 && fieldValidation === 'Strict') throw refusedPatch(decoded.problems);
    warnings = fieldValidation === 'Warn' ? decoded.problems : [];
    return call.version ? call.version.toKind(decoded.object) : decoded.object;
  };
  const applyStrategic: PatchRequest['applyStrategic'] = (original, document) =>
    applyStrategicPatch(typeOf(call), original, document);
  const target = targetOf(call);
  const written = await patchObject(http.api, {
    target,
    patch,
    dryRun,
    scope,
    decode,
    applyStrategic,
    present: call.version?.fromKind,
  });
  addWarnings(reply, warnings);
  return sendObject(call, written);
}

/** kubectl shows a refused patch without a kind as `The request is invalid: patch: …`. */
function refusedPatch(problems: readonly string[]): ApiError {
  const message = `Invalid value: strict decoding error: ${problems.join(', ')}`;
  const causes = [{ reason: 'FieldValueInvalid', message, field: 'patch' }];
  return new ApiError('Invalid', ` "" is invalid: patch: ${message}`, { causes });
}

/** DELETE of one object. */
export async function deleteCall(call: ResourceCall): Promise<FastifyReply> {
  const { kind, query, http, reply } = call;
  const { options, dryRun } = decodeDeleteOptions(bodyOf(call), query);
  const result = await deleteObject(http.api, { target: targetOf(call), options, dryRun });
  // Pods are answered as they were last; other kinds that are gone with a Status that names them.
  if (result.isRemoved && kind.resource !== 'pods') return sendJson(reply, deletionStatus(kind, result.object));
  return sendObject(call, result);
}

/** DELETE of a collection. */
export async function deleteCollectionCall(call: ResourceCall): Promise<FastifyReply> {
  const { kind, path, query, http } = call;
  const { options: deletion, dryRun } = decodeDeleteOptions(bodyOf(call), query);
  const options = parseListOptions(kind.definition, query);
  const request = { kind, namespace: path.namespace, options, deletion, dryRun };
  return sendList(call, await deleteCollection(http.api, request));
}

/** The type of the objects that the client sends and gets. */
function typeOf({ kind, version }: ResourceCall): ObjectType {
  const { group, kind: name } = kind.definition;
  return version ? { group, version: version.version, kind: name } : kind.definition;
}

/** The body as an object of the kind. */
function decodeObject(call: ResourceCall, fieldValidation: FieldValidation): DecodedBody {
  const decoded = decodeBody(typeOf(call), bodyOf(call), fieldValidation);
  return call.version ? { ...decoded, object: call.version.toKind(decoded.object) } : decoded;
}

/** The object a call is about. */
export function targetOf(call: ResourceCall): Target {
  return { kind: call.kind, namespace: call.path.namespace, name: call.path.name ?? '' };
}

/** The call's body with its media type. */
export function bodyOf(call: ResourceCall): { contentType: string | undefined; body: Buffer | undefined } {
  const { body } = call.request;
  return {
    contentType: call.request.headers['content-type'],
    body: Buffer.isBuffer(body) ? body : undefined,
  };
}

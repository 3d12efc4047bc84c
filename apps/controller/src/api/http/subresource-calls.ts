import { ApiError, type Binding, type Eviction, type Scale, type TokenRequest } from '@gantry/api-types';
import type { FastifyReply } from 'fastify';
import { methodNotAllowed, unknownResource } from '../failures.ts';
import { getObject } from '../handlers/get.ts';
import { applyJsonPatch } from '../handlers/patch.ts';
import type { UpdateScope } from '../handlers/update.ts';
import { mergePatch } from '../merge-patch.ts';
import { revisionOf } from '../metadata.ts';
import { bindPod, parseBinding } from '../subresources/binding.ts';
import { evictPod } from '../subresources/eviction.ts';
import { finalizeNamespace } from '../subresources/finalize.ts';
import { type LogRequest, openPodLogs } from '../subresources/log.ts';
import { getScale, updateScale } from '../subresources/scale.ts';
import { requestToken } from '../subresources/token.ts';
import type { ObjectType } from '../wire.ts';
import { decodeBody, decodePatch } from './body.ts';
import type { ResourceCall } from './http-context.ts';
import { booleanParameter, integerParameter, isDryRun, parseWriteParameters, textParameter } from './query.ts';
import { bodyOf, patchCall, targetOf, updateCall } from './resource-calls.ts';
import { sendJson, sendObject } from './respond.ts';

/** The verbs as subresources declare them. */
export type SubresourceVerb = 'get' | 'create' | 'update' | 'patch';

/** A call for a subresource that its kind declares. Throws 404 and 405 where it does not. */
export function subresourceCall(call: ResourceCall, verb: SubresourceVerb | 'delete'): Promise<FastifyReply> {
  const declared = call.kind.definition.subresources.find(({ name }) => name === call.path.subresource);
  if (!declared) throw unknownResource();
  if (verb === 'delete' || !declared.verbs.includes(verb)) throw methodNotAllowed();
  switch (declared.name) {
    case 'status':
    case 'ephemeralcontainers':
    case 'resize':
      return partCall(call, declared.name, verb);
    case 'scale':
      return scaleCall(call, verb);
    case 'binding':
      return bindingCall(call, call.path.name ?? '');
    case 'eviction':
      return evictionCall(call);
    case 'log':
      return logCall(call);
    case 'exec':
    case 'attach':
    case 'portforward':
      return Promise.reject(new ApiError('BadRequest', 'Upgrade request required'));
    case 'finalize':
      return finalizeCall(call);
    case 'token':
      return tokenCall(call);
    case 'proxy':
      // Its paths have routes of their own, but for other spellings of them (doubled slashes).
      throw unknownResource();
  }
}

/** Subresources whose body is the whole object, of which only a part is written. */
async function partCall(call: ResourceCall, scope: UpdateScope, verb: SubresourceVerb): Promise<FastifyReply> {
  if (verb === 'get') return sendObject(call, getObject(call.http.api, targetOf(call)));
  return verb === 'patch' ? patchCall(call, scope) : updateCall(call, scope);
}

const scaleType: ObjectType = { group: 'autoscaling', version: 'v1', kind: 'Scale' };

async function scaleCall(call: ResourceCall, verb: SubresourceVerb): Promise<FastifyReply> {
  const { api } = call.http;
  const target = targetOf(call);
  if (verb === 'get') return sendObject(call, getScale(api, target));
  const { dryRun, fieldValidation } = parseWriteParameters(call.query);
  if (verb === 'update') {
    const wanted = decodeBody(scaleType, bodyOf(call), fieldValidation).object as unknown as Scale;
    const expectedRevision = revisionOf(wanted.metadata ?? {});
    return sendObject(call, await updateScale(api, { target, dryRun, expectedRevision, next: () => wanted }));
  }
  const patch = decodePatch(bodyOf(call));
  const next = (present: Scale): Partial<Scale> => {
    // Scale has no lists, so strategic merge and merge are the same for it.
    const patched =
      patch.type === 'json' ? applyJsonPatch(present, patch.operations) : mergePatch(present, patch.document);
    if (typeof patched === 'object' && patched !== null) return patched;
    throw new ApiError('BadRequest', 'the patch leaves no Scale: it replaces the whole object by something else');
  };
  return sendObject(call, await updateScale(api, { target, dryRun, expectedRevision: undefined, next }));
}

const bindingType: ObjectType = { group: '', version: 'v1', kind: 'Binding' };

/** POST of pods/NAME/binding and of bindings (the pod's name is the Binding's). */
export async function bindingCall(call: ResourceCall, podName: string | undefined): Promise<FastifyReply> {
  const { dryRun, fieldValidation } = parseWriteParameters(call.query);
  const binding = decodeBody(bindingType, bodyOf(call), fieldValidation).object as unknown as Partial<Binding>;
  const name = podName ?? binding.metadata?.name ?? '';
  const request = parseBinding(call.path.namespace ?? '', name, binding);
  await bindPod(call.http.api, { ...request, dryRun });
  return sendJson(call.reply, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }, 201);
}

const evictionType: ObjectType = { group: 'policy', version: 'v1', kind: 'Eviction' };

async function evictionCall(call: ResourceCall): Promise<FastifyReply> {
  const { dryRun, fieldValidation } = parseWriteParameters(call.query);
  const eviction = decodeBody(evictionType, bodyOf(call), fieldValidation).object as unknown as Partial<Eviction>;
  const podName = call.path.name ?? '';
  const given = eviction.metadata?.name;
  if (given && given !== podName) {
    throw new ApiError('BadRequest', 'name in URL does not match name in Eviction object');
  }
  const { gracePeriodSeconds, preconditions, dryRun: bodyDryRun } = eviction.deleteOptions ?? {};
  const options = {
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(preconditions ? { preconditions } : {}),
  };
  const isDry = dryRun || isDryRun(bodyDryRun);
  await evictPod(call.http.api, { namespace: call.path.namespace ?? '', podName, options, dryRun: isDry });
  return sendJson(call.reply, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }, 201);
}

const tokenRequestType: ObjectType = { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' };

async function tokenCall(call: ResourceCall): Promise<FastifyReply> {
  const { issueToken, clock } = call.http.api;
  if (!issueToken) throw new ApiError('ServiceUnavailable', 'this API server issues no tokens of service accounts');
  const { fieldValidation } = parseWriteParameters(call.query);
  const request = decodeBody(tokenRequestType, bodyOf(call), fieldValidation)
    .object as unknown as Partial<TokenRequest>;
  return sendJson(call.reply, await requestToken(issueToken, targetOf(call), request, clock.now()), 201);
}

async function finalizeCall(call: ResourceCall): Promise<FastifyReply> {
  const { dryRun, fieldValidation } = parseWriteParameters(call.query);
  const { object } = decodeBody(call.kind.definition, bodyOf(call), fieldValidation);
  return sendObject(call, await finalizeNamespace(call.http.api, targetOf(call), object, dryRun));
}

/** What a request for a log asks for. Throws 400 and 422. */
export function parseLogRequest({ query, path }: Pick<ResourceCall, 'query' | 'path'>): Omit<LogRequest, 'signal'> {
  const sinceSeconds = integerParameter(query, 'sinceSeconds');
  const tailLines = integerParameter(query, 'tailLines');
  const limitBytes = integerParameter(query, 'limitBytes');
  const sinceTime = textParameter(query, 'sinceTime');
  checkLogOptions({ sinceSeconds, tailLines, limitBytes, sinceTime });
  return {
    namespace: path.namespace ?? '',
    podName: path.name ?? '',
    container: textParameter(query, 'container') || undefined,
    options: {
      follow: booleanParameter(query, 'follow') ?? false,
      previous: booleanParameter(query, 'previous') ?? false,
      timestamps: booleanParameter(query, 'timestamps') ?? false,
      ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
      ...(tailLines === undefined ? {} : { tailLines }),
      ...(limitBytes === undefined ? {} : { limitBytes }),
      ...(sinceTime === '' ? {} : { sinceTime }),
    },
  };
}

async function logCall(call: ResourceCall): Promise<FastifyReply> {
  const { reply } = call;
  const request = parseLogRequest(call);
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, call.http.closing]);
  const logs = await openPodLogs(call.http.api, { ...request, signal });
  // A follower must see that the stream has begun even while the container is silent.
  reply.raw.on('pipe', () => reply.raw.flushHeaders());
  void reply.header('content-type', 'text/plain').header('cache-control', 'no-cache, private');
  return reply.send(logs);
}

interface LogNumbers {
  readonly sinceSeconds: number | undefined;
  readonly tailLines: number | undefined;
  readonly limitBytes: number | undefined;
  readonly sinceTime: string;
}

function checkLogOptions({ sinceSeconds, tailLines, limitBytes, sinceTime }: LogNumbers): void {
  if (sinceSeconds !== undefined && sinceTime !== '')
    throw refusedLogOption('sinceTime', 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified');
  if (sinceSeconds !== undefined && sinceSeconds < 1)
    throw refusedLogOption('sinceSeconds', `Invalid value: ${sinceSeconds}: must be greater than 0`);
  if (tailLines !== undefined && tailLines < 0)
    throw refusedLogOption('tailLines', `Invalid value: ${tailLines}: must be greater than or equal to 0`);
  if (limitBytes !== undefined && limitBytes < 1)
    throw refusedLogOption('limitBytes', `Invalid value: ${limitBytes}: must be greater than 0`);
  if (sinceTime !== '' && Number.isNaN(Date.parse(sinceTime)))
    throw new ApiError('BadRequest', `parsing time ${JSON.stringify(sinceTime)}: not an RFC 3339 time`);
}

function refusedLogOption(field: string, message: string): ApiError {
  const reason = message.startsWith('Forbidden') ? 'FieldValueForbidden' : 'FieldValueInvalid';
  return new ApiError('Invalid', `PodLogOptions "" is invalid: ${field}: ${message}`, {
    kind: 'PodLogOptions',
    causes: [{ reason, message, field }],
  });
}

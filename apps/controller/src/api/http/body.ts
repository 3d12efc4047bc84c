import { ApiError, type DeleteOptions } from '@gantry/api-types';
import type { DeleteRequest } from '@gantry/core';
import type { AnyObject } from '../context.ts';
import { parsePropagationPolicy } from '../handlers/delete.ts';
import type { Patch } from '../handlers/patch.ts';
import { decodeDocument, decodeUntyped, type ObjectType } from '../wire.ts';
import { type FieldValidation, isDryRun, parseDeleteQuery, type Query } from './query.ts';

/** An object from a request, and what is to be told to its sender in `Warning` headers. */
export interface DecodedBody {
  readonly object: AnyObject;
  readonly warnings: readonly string[];
}

export interface BodySource {
  readonly contentType: string | undefined;
  readonly body: Buffer | undefined;
}

const emptyBody = Buffer.alloc(0);

const formats: Readonly<Record<string, 'json' | 'yaml' | 'protobuf'>> = {
  '': 'json',
  'application/json': 'json',
  'application/yaml': 'yaml',
  'application/vnd.kubernetes.protobuf': 'protobuf',
};

/** Decodes a request's body as an object of a type. Throws `ApiError` 400 and 415 with Kubernetes' texts. */
export function decodeBody(type: ObjectType, source: BodySource, validation: FieldValidation): DecodedBody {
  const format = formats[mediaType(source.contentType)];
  if (!format) throw unsupportedMediaType(Object.keys(formats).filter((name) => name !== ''));
  const decoded = decodeDocument(type, format, source.body ?? emptyBody);
  const { problems } = decoded;
  if (problems.length === 0 || validation === 'Ignore') return { object: decoded.object, warnings: [] };
  if (validation === 'Warn') return { object: decoded.object, warnings: problems };
  const { kind, version } = type;
  throw new ApiError(
    'BadRequest',
    `${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${problems.join(', ')}`,
  );
}

/** Decodes a JSON body of no schema as an object. Throws `ApiError` 400 and 415. */
export function decodePlain(source: BodySource): AnyObject {
  const type = mediaType(source.contentType);
  if (type !== '' && type !== 'application/json') throw unsupportedMediaType(['application/json']);
  const value = decodeUntyped(source.body ?? emptyBody, 'the body');
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as AnyObject;
  throw new ApiError('BadRequest', 'error decoding the body: it must be an object');
}

const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];

/** Decodes a patch by its media type. Throws `ApiError` 400 and 415. */
export function decodePatch(source: BodySource): Patch {
  const type = mediaType(source.contentType);
  if (!patchTypes.includes(type)) throw unsupportedMediaType(patchTypes);
  const document = decodeUntyped(source.body ?? emptyBody);
  if (type === 'application/json-patch+json') {
    if (Array.isArray(document)) return { type: 'json', operations: document };
    throw new ApiError('BadRequest', 'error decoding patch: a JSON patch is a list of operations');
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new ApiError('BadRequest', 'error decoding patch: a merge patch is an object');
  }
  const record = document as Readonly<Record<string, unknown>>;
  return { type: type === 'application/merge-patch+json' ? 'merge' : 'strategic', document: record };
}

export interface DeletionOptions {
  readonly options: DeleteRequest;
  readonly dryRun: boolean;
}

const deleteOptionsType: ObjectType = { group: '', version: 'v1', kind: 'DeleteOptions' };

/** DeleteOptions from the query and, where there is one, the body, which wins. */
export function decodeDeleteOptions(source: BodySource, query: Query): DeletionOptions {
  const fromQuery = parseDeleteQuery(query);
  const isQueryDryRun = isDryRun(query.dryRun);
  if (!source.body?.length) return { options: fromQuery, dryRun: isQueryDryRun };
  const format = formats[mediaType(source.contentType)];
  if (!format) throw unsupportedMediaType(Object.keys(formats).filter((name) => name !== ''));
  const decoded = decodeDocument(deleteOptionsType, format, source.body).object as unknown as Partial<DeleteOptions>;
  const { gracePeriodSeconds, preconditions, orphanDependents } = decoded;
  const orphan = orphanDependents === undefined ? undefined : orphanDependents ? 'Orphan' : 'Background';
  const policy = parsePropagationPolicy(decoded.propagationPolicy) ?? orphan;
  const options: DeleteRequest = {
    ...fromQuery,
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(policy === undefined ? {} : { propagationPolicy: policy }),
    ...(preconditions ? { preconditions } : {}),
  };
  return { options, dryRun: isQueryDryRun || isDryRun(decoded.dryRun) };
}

function mediaType(contentType: string | undefined): string {
  if (contentType === undefined) return '';
  const semicolon = contentType.indexOf(';');
  return (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
}

function unsupportedMediaType(accepted: readonly string[]): ApiError {
  const list = accepted.join(', ');
  return new ApiError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${list}`,
  );
}

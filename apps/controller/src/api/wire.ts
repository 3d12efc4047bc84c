import { ApiError, apiVersionOf, type KindDefinition } from '@gantry/api-types';
import {
  type Decoded,
  decodeJson,
  decodeValue as decodeParsed,
  decodeProtobuf,
  decodeYaml,
  fieldWarnings,
} from '@gantry/api-types/schema';
import { applyStrategicMergePatch } from '@gantry/core/patch/strategic-merge';
import type { AnyObject } from './context.ts';
import { isDeeperThan } from './json.ts';

/** A type on the wire. */
export type ObjectType = Pick<KindDefinition, 'group' | 'version' | 'kind'>;

/** The media types of request bodies. */
export type BodyFormat = 'json' | 'yaml' | 'protobuf';

export interface DecodedDocument {
  readonly object: AnyObject;
  /** `unknown field "spec.foo"`, `duplicate field "spec.bar"`. */
  readonly problems: readonly string[];
}

/** Reads a body as an object of the type. Throws `ApiError` BadRequest with Kubernetes' texts. */
export function decodeDocument(type: ObjectType, format: BodyFormat, body: Buffer): DecodedDocument {
  const expected = referenceTo(type);
  switch (format) {
    case 'json':
      return documentOf(decodeJson(body.toString('utf8'), expected));
    case 'yaml':
      return documentOf(decodeYaml(body.toString('utf8'), expected));
    case 'protobuf':
      return documentOf(decodeProtobuf(body, expected));
  }
}

/** The same for a value already parsed, such as a patched object. Unchanged parts are shared with `value`. */
export function decodeValue(type: ObjectType, value: unknown): DecodedDocument {
  return documentOf(decodeParsed(value, referenceTo(type)));
}

/** As for objects: far more than anything has, and little enough for the stack. */
const maxDepth = 1000;

/** Parses JSON of no particular type (patches). Throws `ApiError` BadRequest, which calls it `what`. */
export function decodeUntyped(body: Buffer, what = 'patch'): unknown {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new ApiError('BadRequest', `error decoding ${what}: ${text}`, undefined, { cause });
  }
  if (isDeeperThan(value, maxDepth)) throw new ApiError('BadRequest', `error decoding ${what}: exceeded max depth`);
  return value;
}

/** Merges by the type's patch strategies; shares unchanged parts with `original`. Throws `ApiError` BadRequest. */
export function applyStrategicPatch(
  type: ObjectType,
  original: AnyObject,
  patch: Readonly<Record<string, unknown>>,
): unknown {
  return applyStrategicMergePatch(original as unknown as Record<string, unknown>, patch, referenceTo(type));
}

/** YAML of an answer. JSON is YAML, and every YAML reader takes it. */
export function toYaml(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function documentOf(decoded: Decoded): DecodedDocument {
  return { object: decoded.object as unknown as AnyObject, problems: fieldWarnings(decoded) };
}

function referenceTo(type: ObjectType) {
  return { apiVersion: apiVersionOf(type), kind: type.kind };
}

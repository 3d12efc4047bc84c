import { ApiError, type KindDefinition } from '@gantry/api-types';
import type { AnyObject } from './context.ts';

/** A type on the wire. */
export type ObjectType = Pick<KindDefinition, 'group' | 'version' | 'kind'>;

export interface DecodedDocument {
  readonly object: AnyObject;
  /** `unknown field "spec.foo"`, `duplicate field "spec.bar"`. */
  readonly problems: readonly string[];
}

export function decodeDocument(type: ObjectType, format: 'json' | 'yaml' | 'protobuf', body: Buffer): DecodedDocument {
  void type;
  if (format !== 'json') throw new ApiError('UnsupportedMediaType', 'provisional');
  return { object: decodeUntyped(body) as AnyObject, problems: [] };
}

export function decodeValue(_type: ObjectType, value: unknown): DecodedDocument {
  return { object: value as AnyObject, problems: [] };
}

export function decodeUntyped(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new ApiError('BadRequest', `error decoding: ${(cause as Error).message}`, undefined, { cause });
  }
}

export function applyStrategicPatch(_type: ObjectType, _original: AnyObject, _patch: object): unknown {
  throw new ApiError('UnsupportedMediaType', 'provisional');
}

export function toYaml(value: unknown): string {
  return JSON.stringify(value);
}

import { ApiError } from '@gantry/api-types';
import jsonPatch, { type Operation } from 'fast-json-patch';
import type { CachedObject } from '../../objects/object-store.ts';
import type { AnyObject, ApiContext, Target, WriteOptions, WrittenObject } from '../context.ts';
import { cloneJson } from '../json.ts';
import { mergePatch } from '../merge-patch.ts';
import { revisionOf } from '../metadata.ts';
import { modifyObject, type UpdateScope } from './update.ts';

/** A patch document by its media type. */
export type Patch =
  | { readonly type: 'json'; readonly operations: readonly unknown[] }
  | { readonly type: 'merge'; readonly document: Readonly<Record<string, unknown>> }
  | { readonly type: 'strategic'; readonly document: Readonly<Record<string, unknown>> };

export interface PatchRequest extends WriteOptions {
  readonly target: Target;
  readonly patch: Patch;
  readonly scope?: UpdateScope;
  /**
   * Checks a patched document against the kind's schema and returns it as an object of the kind (it may be the same
   * one, changed). Throws `ApiError`.
   */
  readonly decode: (document: unknown) => AnyObject;
  /** Merges by the kind's patch strategies. */
  readonly applyStrategic: (original: AnyObject, patch: Readonly<Record<string, unknown>>) => unknown;
  /** How the client knows the object, where that is in another version; the patch is for that. */
  readonly present?: ((object: AnyObject) => object) | undefined;
}

/** PATCH: applied to the present state, again on a lost race unless the patch itself names a resourceVersion. */
export function patchObject(api: ApiContext, request: PatchRequest): Promise<WrittenObject> {
  const { patch } = request;
  const named = patch.type === 'json' ? undefined : namedRevision(patch.document);
  return modifyObject(api, request, {
    expectedRevision: named,
    next: (previous) => request.decode(applyPatch(request, previous)),
  });
}

function applyPatch(request: PatchRequest, previous: CachedObject<AnyObject>): unknown {
  const { patch, present } = request;
  const original = cloneJson(present ? present(previous.object) : previous.object) as AnyObject;
  switch (patch.type) {
    case 'merge':
      return mergePatch(original, patch.document);
    case 'strategic':
      return request.applyStrategic(original, patch.document);
    case 'json':
      return applyJsonPatch(original, patch.operations);
  }
}

function namedRevision(document: Readonly<Record<string, unknown>>): number | undefined {
  const { metadata } = document;
  if (typeof metadata !== 'object' || metadata === null || !('resourceVersion' in metadata)) return undefined;
  const { resourceVersion } = metadata;
  return typeof resourceVersion === 'string' ? revisionOf({ resourceVersion }) : undefined;
}

/** Kubernetes' bounds: what a patch may make of an object must stay in proportion to what was sent. */
const maxOperations = 10_000;
const maxCopiedBytes = 3 * 1024 * 1024;

/** Applies RFC 6902 operations; `original` may be changed. Throws `ApiError` Invalid where one fails. */
export function applyJsonPatch(original: object, operations: readonly unknown[]): unknown {
  if (operations.length > maxOperations) {
    const message = `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${operations.length}`;
    throw new ApiError('RequestEntityTooLarge', message);
  }
  let document: unknown = original;
  let copiedBytes = 0;
  try {
    for (const operation of cloneJson(operations) as Operation[]) {
      if (operation?.op === 'copy') {
        copiedBytes += JSON.stringify(jsonPatch.getValueByPointer(document, operation.from) ?? null).length;
        if (copiedBytes > maxCopiedBytes) throw new Error('the copy operations of the patch add up to too much');
      }
      document = jsonPatch.applyOperation(document, operation, true, true, true).newDocument;
    }
    return document;
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    const text = cause.message.split('\n')[0] ?? '';
    const message = `the server rejected our request due to an error in our request: ${text}`;
    throw new ApiError('Invalid', message, undefined, { cause });
  }
}

import type { FieldError } from '@gantry/api-types';
import { validateObjectMeta, validateObjectMetaUpdate } from '@gantry/api-types/validation/object-meta';
import type { AnyObject } from '../context.ts';
import type { ServedKind } from '../registry.ts';
import type { UpdateScope } from './update.ts';

/** All refusals of a new object: its metadata's, then its kind's. */
export function validateForCreate({ definition }: ServedKind, object: AnyObject): FieldError[] {
  return [...validateObjectMeta(object.metadata, definition), ...definition.validate(object)];
}

/**
 * All refusals of a change to a part of an object (`scope`, or the main resource). `next` has had the server-set metadata
 * carried over where the writer left it out.
 */
export function validateForUpdate(
  { definition }: ServedKind,
  next: AnyObject,
  previous: AnyObject,
  scope: UpdateScope = 'main',
): FieldError[] {
  const isPart = scope !== 'main' && scope !== 'status' && scope !== 'finalize';
  const changes = isPart
    ? (definition.partialUpdates?.[scope]?.validate(next, previous) ?? [])
    : definition.validateUpdate(next, previous);
  return [...validateObjectMetaUpdate(next.metadata, previous.metadata), ...definition.validate(next), ...changes];
}

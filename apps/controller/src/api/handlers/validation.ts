import type { FieldError } from '@gantry/api-types';
import { validateObjectMeta, validateObjectMetaUpdate } from '@gantry/api-types/validation/object-meta';
import type { AnyObject } from '../context.ts';
import type { ServedKind } from '../registry.ts';

/** All refusals of a new object: its metadata's, then its kind's. */
export function validateForCreate({ definition }: ServedKind, object: AnyObject): FieldError[] {
  return [...validateObjectMeta(object.metadata, definition), ...definition.validate(object)];
}

/** All refusals of a change. `next` has had the server-set metadata carried over where the writer left it out. */
export function validateForUpdate({ definition }: ServedKind, next: AnyObject, previous: AnyObject): FieldError[] {
  return [
    ...validateObjectMetaUpdate(next.metadata, previous.metadata),
    ...definition.validate(next),
    ...definition.validateUpdate(next, previous),
  ];
}

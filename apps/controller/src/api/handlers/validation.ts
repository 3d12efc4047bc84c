import type { FieldError, ObjectMeta } from '@gantry/api-types';
import { validateObjectMeta } from '@gantry/api-types/kinds';
import type { AnyObject } from '../context.ts';
import { isEqualJson } from '../json.ts';
import type { ServedKind } from '../registry.ts';

/** All refusals of a new object: its metadata's, then its kind's. */
export function validateForCreate(kind: ServedKind, object: AnyObject): FieldError[] {
  return [...validateObjectMeta(object.metadata, kind.definition), ...kind.definition.validate(object)];
}

/** All refusals of a change. `next` has had the server-set metadata carried over where the writer left it out. */
export function validateForUpdate(kind: ServedKind, next: AnyObject, previous: AnyObject): FieldError[] {
  return [
    ...validateMetadataUpdate(next.metadata, previous.metadata),
    ...validateObjectMeta(next.metadata, kind.definition),
    ...kind.definition.validate(next),
    ...kind.definition.validateUpdate(next, previous),
  ];
}

const immutableFields = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const;

/** Refusals of a status write: its kind's rules for the whole object, with only the status changed. */
export function validateMetadataUpdate(next: ObjectMeta, previous: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of immutableFields) {
    if (next[field] === previous[field]) continue;
    errors.push({
      field: `metadata.${field}`,
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(next[field])}: field is immutable`,
    });
  }
  if (previous.deletionTimestamp && !isEqualJson(next.finalizers, previous.finalizers)) {
    const added = (next.finalizers ?? []).filter((finalizer) => !previous.finalizers?.includes(finalizer));
    if (added.length > 0) errors.push(forbiddenFinalizers(added));
  }
  return errors;
}

function forbiddenFinalizers(added: readonly string[]): FieldError {
  const list = added.map((finalizer) => JSON.stringify(finalizer)).join(', ');
  return {
    field: 'metadata.finalizers',
    reason: 'FieldValueForbidden',
    message: `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
  };
}

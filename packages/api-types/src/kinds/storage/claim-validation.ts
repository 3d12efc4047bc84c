import type { FieldError } from '../../errors.ts';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../../generated/types.ts';
import { firstDifference } from '../../lib/semantic-equal.ts';
import { compareQuantities, parseQuantity, quantityProblem } from '../../quantity.ts';
import { validateDnsSubdomain, validateOptionalOneOf } from '../../validation/common.ts';
import { forbidden, invalidValue, notPositiveText, required } from '../../validation/field-errors.ts';
import { FieldPath } from '../../validation/field-path.ts';
import { validateLabelSelector } from '../../validation/labels.ts';
import { validateAccessModes } from './access-modes.ts';

const specPath = FieldPath.of('spec');
/** The two ways in which a volume can be given to a pod. */
export const volumeModes: readonly string[] = ['Block', 'Filesystem'];

/** The rules of a claim. */
export function validateClaim({ spec }: PersistentVolumeClaim): FieldError[] {
  const errors: FieldError[] = [];
  validateClaimSpec(spec, specPath, errors);
  return errors;
}

/** The rules of the spec of a claim at `path`. */
export function validateClaimSpec(spec: PersistentVolumeClaimSpec, path: FieldPath, errors: FieldError[]): void {
  const { accessModes = [], storageClassName, dataSource } = spec;
  validateAccessModes(accessModes, path.child('accessModes'), 'at least 1 access mode is required', errors);
  validateLabelSelector(spec.selector, path.child('selector'), errors);
  const storagePath = path.child('resources').key('storage');
  const storage = spec.resources?.requests?.storage;
  const problem = storage === undefined ? undefined : quantityProblem(storage);
  if (storage === undefined) errors.push(required(storagePath));
  else if (problem) errors.push(invalidValue(storagePath, storage, problem));
  else if (parseQuantity(storage) <= 0) errors.push(invalidValue(storagePath, storage, notPositiveText));
  if (storageClassName) validateDnsSubdomain(storageClassName, path.child('storageClassName'), errors);
  validateOptionalOneOf(spec.volumeMode, volumeModes, path.child('volumeMode'), errors);
  if (!dataSource) return;
  const sourcePath = path.child('dataSource');
  if (!dataSource.name) errors.push(required(sourcePath.child('name')));
  if (!dataSource.kind) errors.push(required(sourcePath.child('kind')));
  if (!dataSource.apiGroup && dataSource.kind && dataSource.kind !== 'PersistentVolumeClaim') {
    const text = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
    errors.push(invalidValue(sourcePath, dataSource.kind, text));
  }
}

/** A claim stays as it is; it is given a volume once, and a class where it has none, and may grow once it is bound. */
export function validateClaimUpdate(next: PersistentVolumeClaim, previous: PersistentVolumeClaim): FieldError[] {
  const errors: FieldError[] = [];
  const masked = maskUpdatable(next.spec, previous);
  const difference = firstDifference(masked, previous.spec, 'spec');
  if (difference !== undefined) {
    const text =
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
    errors.push(forbidden(specPath, `${text}\n  ${difference} differs`));
  }
  const size = next.spec.resources?.requests?.storage;
  const oldSize = previous.spec.resources?.requests?.storage;
  const isComparable = size !== undefined && oldSize !== undefined && !quantityProblem(size);
  if (isComparable && compareQuantities(size, oldSize) < 0) {
    const storagePath = specPath.child('resources').child('requests').child('storage');
    errors.push(forbidden(storagePath, 'field can not be less than previous value'));
  }
  return errors;
}

function maskUpdatable(next: PersistentVolumeClaimSpec, previous: PersistentVolumeClaim): PersistentVolumeClaimSpec {
  const masked: PersistentVolumeClaimSpec = { ...next };
  const { spec: old, status } = previous;
  if (!old.volumeName) delete masked.volumeName;
  if (old.storageClassName === undefined && !old.volumeName) delete masked.storageClassName;
  if (status.phase !== 'Bound') return masked;
  const requests = old.resources?.requests;
  masked.resources = { ...next.resources, ...(requests ? { requests } : {}) };
  if (old.volumeAttributesClassName === undefined) delete masked.volumeAttributesClassName;
  else masked.volumeAttributesClassName = old.volumeAttributesClassName;
  return masked;
}

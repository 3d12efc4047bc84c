import type { FieldError } from '../../errors.ts';
import type { Container, Pod, PodSpec, Toleration } from '../../generated/types.ts';
import { firstDifference, semanticEqual } from '../../lib/semantic-equal.ts';
import { forbidden, invalidValue } from '../../validation/field-errors.ts';
import { FieldPath } from '../../validation/field-path.ts';
import { rangeText } from '../../validation/names.ts';
import { validateResourceChanges, withResources } from './resize-validation.ts';

const specPath = FieldPath.of('spec');
const maxInt32 = 2 ** 31 - 1;

/** What of a pod's spec may change, as the message for everything else lists it. */
const updatableFields = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

/**
 * What of a pod may not change: all of its spec but images, amounts of cpu and memory (which Kubernetes takes by the
 * subresource `resize` only), deadline, new tolerations and removed scheduling gates.
 */
export function validatePodUpdate(next: Pod, previous: Pod): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['containers', 'initContainers'] as const) {
    if ((next.spec[field]?.length ?? 0) === (previous.spec[field]?.length ?? 0)) continue;
    errors.push(forbidden(specPath.child(field), 'pod updates may not add or remove containers'));
    return errors;
  }
  if (!validateDeadline(next.spec, previous.spec, errors)) return errors;
  validateAddedTolerations(next.spec.tolerations ?? [], previous.spec.tolerations ?? [], errors);
  validateRemovedGates(next.spec, previous.spec, errors);
  if (semanticEqual(next.spec, previous.spec)) return errors;
  validateResourceChanges(next, previous, errors);
  const masked = maskUpdatable(next.spec, previous.spec);
  if (previous.spec.schedulingGates?.length) maskGated(masked, previous.spec, errors);
  const difference = firstDifference(masked, previous.spec, 'spec');
  if (difference !== undefined) {
    const text = `pod updates may not change fields other than ${updatableFields}\n  ${difference} differs`;
    errors.push(forbidden(specPath, text));
  }
  return errors;
}

/** False where the deadline is so wrong that nothing else is looked at, as in Kubernetes. */
function validateDeadline(next: PodSpec, previous: PodSpec, errors: FieldError[]): boolean {
  const path = specPath.child('activeDeadlineSeconds');
  const { activeDeadlineSeconds: value } = next;
  const { activeDeadlineSeconds: old } = previous;
  if (value === undefined) {
    if (old !== undefined) {
      errors.push(invalidValue(path, null, 'must not update from a positive integer to nil value'));
    }
    return true;
  }
  if (value < 0 || value > maxInt32) {
    errors.push(invalidValue(path, value, rangeText(0, maxInt32)));
    return false;
  }
  if (old === undefined || old >= value) return true;
  errors.push(invalidValue(path, value, 'must be less than or equal to previous value'));
  return false;
}

function validateAddedTolerations(
  next: readonly Toleration[],
  previous: readonly Toleration[],
  errors: FieldError[],
): void {
  const withoutSeconds = ({ tolerationSeconds: _, ...rest }: Toleration): Toleration => rest;
  const isKept = (old: Toleration): boolean =>
    next.some((toleration) => semanticEqual(withoutSeconds(toleration), withoutSeconds(old)));
  if (previous.every(isKept)) return;
  const text = 'existing toleration can not be modified except its tolerationSeconds';
  errors.push(forbidden(specPath.child('tolerations'), text));
}

function validateRemovedGates(next: PodSpec, previous: PodSpec, errors: FieldError[]): void {
  for (const [index, { name }] of (next.schedulingGates ?? []).entries()) {
    if (previous.schedulingGates?.some((gate) => gate.name === name)) continue;
    const path = specPath.child('schedulingGates').index(index).child('name');
    errors.push(forbidden(path, `only deletion is allowed, but found new scheduling gate '${name}'`));
  }
}

/** A copy of `next` in which everything that may change is as it was. */
function maskUpdatable(next: PodSpec, previous: PodSpec): PodSpec {
  const masked: PodSpec = {
    ...next,
    containers: maskContainers(next.containers, previous.containers),
    tolerations: previous.tolerations ?? [],
    schedulingGates: previous.schedulingGates ?? [],
  };
  if (next.initContainers) masked.initContainers = maskContainers(next.initContainers, previous.initContainers ?? []);
  if (previous.activeDeadlineSeconds === undefined) delete masked.activeDeadlineSeconds;
  else masked.activeDeadlineSeconds = previous.activeDeadlineSeconds;
  const oldGrace = previous.terminationGracePeriodSeconds;
  if (oldGrace !== undefined && oldGrace < 0 && next.terminationGracePeriodSeconds === 1) {
    masked.terminationGracePeriodSeconds = oldGrace;
  }
  return masked;
}

/** With images and resources as they were. */
function maskContainers(next: readonly Container[], previous: readonly Container[]): Container[] {
  return withResources(next, previous).map((container, index) => ({
    ...container,
    image: previous[index]?.image ?? '',
  }));
}

/** Pods that wait for a scheduling gate may still narrow down where they go. */
function maskGated(masked: PodSpec, previous: PodSpec, errors: FieldError[]): void {
  const old = Object.entries(previous.nodeSelector ?? {});
  if (!old.every(([key, value]) => masked.nodeSelector?.[key] === value)) {
    const text = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)';
    errors.push(invalidValue(specPath.child('nodeSelector'), masked.nodeSelector ?? {}, text));
  }
  masked.nodeSelector = previous.nodeSelector ?? {};
}

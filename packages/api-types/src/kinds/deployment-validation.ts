import type { FieldError } from '../errors.ts';
import type { Deployment, DeploymentStrategy, RollingUpdateDeployment } from '../generated/types.ts';
import { validateNonNegative, validateOneOf } from '../validation/common.ts';
import { addProblems, forbidden, invalidValue, required } from '../validation/field-errors.ts';
import type { FieldPath } from '../validation/field-path.ts';
import { percentProblems } from '../validation/names.ts';
import { validateImmutable } from '../validation/object-meta.ts';
import { validateWorkloadSpec, workloadSpecPath } from './workload-validation.ts';

const strategies: readonly string[] = ['Recreate', 'RollingUpdate'];

/** The rules of a Deployment. */
export function validateDeployment({ spec }: Deployment): FieldError[] {
  const errors: FieldError[] = [];
  validateWorkloadSpec(spec, errors);
  validateStrategy(spec.strategy ?? {}, workloadSpecPath.child('strategy'), errors);
  validateNonNegative(spec.revisionHistoryLimit, workloadSpecPath.child('revisionHistoryLimit'), errors);
  const { progressDeadlineSeconds, minReadySeconds = 0 } = spec;
  if (progressDeadlineSeconds === undefined) return errors;
  const path = workloadSpecPath.child('progressDeadlineSeconds');
  validateNonNegative(progressDeadlineSeconds, path, errors);
  if (progressDeadlineSeconds <= minReadySeconds) {
    errors.push(invalidValue(path, progressDeadlineSeconds, 'must be greater than minReadySeconds'));
  }
  return errors;
}

/** What of a Deployment may not change: its selector. */
export function validateDeploymentUpdate(next: Deployment, previous: Deployment): FieldError[] {
  const errors: FieldError[] = [];
  validateImmutable(next.spec.selector, previous.spec.selector, workloadSpecPath.child('selector'), errors);
  return errors;
}

function validateStrategy({ type, rollingUpdate }: DeploymentStrategy, path: FieldPath, errors: FieldError[]): void {
  const updatePath = path.child('rollingUpdate');
  if (type === 'Recreate') {
    if (rollingUpdate) errors.push(forbidden(updatePath, "may not be specified when strategy `type` is 'Recreate'"));
  } else if (type === 'RollingUpdate') {
    if (!rollingUpdate) errors.push(required(updatePath, 'this should be defaulted and never be nil'));
    else validateRollingUpdate(rollingUpdate, updatePath, errors);
  } else {
    validateOneOf(type, strategies, path.child('type'), errors);
  }
}

function validateRollingUpdate(update: RollingUpdateDeployment, path: FieldPath, errors: FieldError[]): void {
  const { maxUnavailable = 0, maxSurge = 0 } = update;
  validateCountOrPercent(maxUnavailable, path.child('maxUnavailable'), errors);
  validateCountOrPercent(maxSurge, path.child('maxSurge'), errors);
  if (amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0) {
    const text = 'may not be 0 when `maxSurge` is 0';
    errors.push(invalidValue(path.child('maxUnavailable'), maxUnavailable, text));
  }
  if (typeof maxUnavailable === 'string' && amountOf(maxUnavailable) > 100) {
    errors.push(invalidValue(path.child('maxUnavailable'), maxUnavailable, 'must not be greater than 100%'));
  }
}

function validateCountOrPercent(value: number | string, path: FieldPath, errors: FieldError[]): void {
  if (typeof value === 'string') addProblems(path, value, percentProblems(value), errors);
  else validateNonNegative(value, path, errors);
}

/** The number in front of the per cent sign; 0 for what is malformed. */
function amountOf(value: number | string): number {
  if (typeof value === 'number') return value;
  return percentProblems(value).length === 0 ? Number(value.slice(0, -1)) : 0;
}

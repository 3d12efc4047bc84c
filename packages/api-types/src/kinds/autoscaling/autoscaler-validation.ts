import type { FieldError } from '../../errors.ts';
import type { HorizontalPodAutoscaler, HPAScalingRules } from '../../generated/types.ts';
import { parseQuantity, quantityProblem } from '../../quantity.ts';
import { validateOneOf } from '../../validation/common.ts';
import { invalidValue, negativeText, notPositiveText, required } from '../../validation/field-errors.ts';
import { FieldPath } from '../../validation/field-path.ts';
import { validateMetric, validateReference } from './metric-validation.ts';

const path = FieldPath.of('spec');
const maxWindowSeconds = 3600;
const maxPeriodSeconds = 1800;

/** The rules of a HorizontalPodAutoscaler. */
export function validateAutoscaler({ spec }: HorizontalPodAutoscaler): FieldError[] {
  const errors: FieldError[] = [];
  const { minReplicas = 1, maxReplicas = 0 } = spec;
  if (minReplicas < 1) {
    errors.push(invalidValue(path.child('minReplicas'), minReplicas, 'must be greater than or equal to 1'));
  }
  if (maxReplicas < 1) errors.push(invalidValue(path.child('maxReplicas'), maxReplicas, 'must be greater than 0'));
  if (maxReplicas < minReplicas) {
    const text = 'must be greater than or equal to `minReplicas`';
    errors.push(invalidValue(path.child('maxReplicas'), maxReplicas, text));
  }
  validateReference(spec.scaleTargetRef, path.child('scaleTargetRef'), errors);
  for (const [index, metric] of (spec.metrics ?? []).entries()) {
    validateMetric(metric, path.child('metrics').index(index), errors);
  }
  for (const field of ['scaleUp', 'scaleDown'] as const) {
    const rules = spec.behavior?.[field];
    if (rules) validateScalingRules(rules, path.child('behavior').child(field), errors);
  }
  return errors;
}

function validateScalingRules(rules: HPAScalingRules, at: FieldPath, errors: FieldError[]): void {
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [] } = rules;
  const windowPath = at.child('stabilizationWindowSeconds');
  if (window !== undefined && window < 0) {
    errors.push(invalidValue(windowPath, window, 'must be greater than or equal to zero'));
  }
  if (window !== undefined && window > maxWindowSeconds) {
    errors.push(invalidValue(windowPath, window, `must be less than or equal to ${maxWindowSeconds}`));
  }
  if (selectPolicy !== undefined) {
    validateOneOf(selectPolicy, ['Disabled', 'Max', 'Min'], at.child('selectPolicy'), errors);
  }
  if (rules.tolerance !== undefined) {
    const problem = quantityProblem(rules.tolerance) ?? (parseQuantity(rules.tolerance) < 0 ? negativeText : undefined);
    if (problem) errors.push(invalidValue(at.child('tolerance'), rules.tolerance, problem));
  }
  if (policies.length === 0) errors.push(required(at.child('policies'), 'must specify at least one Policy'));
  for (const [index, { type, value = 0, periodSeconds = 0 }] of policies.entries()) {
    const policyPath = at.child('policies').index(index);
    validateOneOf(type, ['Percent', 'Pods'], policyPath.child('type'), errors);
    if (value <= 0) errors.push(invalidValue(policyPath.child('value'), value, notPositiveText));
    const periodPath = policyPath.child('periodSeconds');
    if (periodSeconds <= 0) errors.push(invalidValue(periodPath, periodSeconds, notPositiveText));
    if (periodSeconds > maxPeriodSeconds) {
      errors.push(invalidValue(periodPath, periodSeconds, `must be less than or equal to ${maxPeriodSeconds}`));
    }
  }
}

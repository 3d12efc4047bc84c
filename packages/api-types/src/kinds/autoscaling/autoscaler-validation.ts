import type { FieldError } from '../../errors.ts';
import type {
  CrossVersionObjectReference,
  HorizontalPodAutoscaler,
  HPAScalingRules,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
} from '../../generated/types.ts';
import { parseQuantity, quantityProblem } from '../../quantity.ts';
import { validateOneOf } from '../../validation/common.ts';
import {
  addProblems,
  forbidden,
  invalidValue,
  notPositiveText,
  notSupported,
  required,
} from '../../validation/field-errors.ts';
import { FieldPath } from '../../validation/field-path.ts';
import { validateLabelSelector } from '../../validation/labels.ts';
import { pathSegmentProblems } from '../../validation/names.ts';

const path = FieldPath.of('spec');
const metricSources = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
} as const;
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

function validateReference(
  reference: CrossVersionObjectReference | undefined,
  at: FieldPath,
  errors: FieldError[],
): void {
  for (const field of ['kind', 'name'] as const) {
    const value = reference?.[field];
    if (value) addProblems(at.child(field), value, pathSegmentProblems(value), errors);
    else errors.push(required(at.child(field)));
  }
}

function validateMetric(metric: MetricSpec, at: FieldPath, errors: FieldError[]): void {
  if (!metric.type) {
    errors.push(required(at.child('type'), 'must specify a metric source type'));
    return;
  }
  const expected = metricSources[metric.type as keyof typeof metricSources];
  if (!expected) {
    errors.push(notSupported(at.child('type'), metric.type, Object.keys(metricSources)));
    return;
  }
  for (const source of Object.values(metricSources)) {
    if (source === expected || metric[source] === undefined) continue;
    const text = 'must populate the given metric source only';
    errors.push(forbidden(at.child(source), text));
  }
  const given = metric[expected];
  const sourcePath = at.child(expected);
  if (!given) {
    errors.push(required(sourcePath, 'must populate information for the given metric source'));
    return;
  }
  if ('name' in given || expected === 'resource' || expected === 'containerResource') {
    const { name, container } = given as { name?: string; container?: string };
    if (!name) errors.push(required(sourcePath.child('name'), 'must specify a resource name'));
    if (expected === 'containerResource' && !container) {
      errors.push(required(sourcePath.child('container'), 'must specify a container'));
    }
  } else {
    validateIdentifier((given as { metric?: MetricIdentifier }).metric, sourcePath.child('metric'), errors);
  }
  if (metric.object) validateReference(metric.object.describedObject, sourcePath.child('describedObject'), errors);
  validateTarget(given.target, sourcePath.child('target'), errors);
}

function validateIdentifier(metric: MetricIdentifier | undefined, at: FieldPath, errors: FieldError[]): void {
  if (!metric?.name) errors.push(required(at.child('name')));
  else addProblems(at.child('name'), metric.name, pathSegmentProblems(metric.name), errors);
  validateLabelSelector(metric?.selector, at.child('selector'), errors);
}

function validateTarget(target: MetricTarget | undefined, at: FieldPath, errors: FieldError[]): void {
  const { type, value, averageValue, averageUtilization } = target ?? {};
  if (!type) errors.push(required(at.child('type'), 'must specify a metric target type'));
  else if (!['Utilization', 'Value', 'AverageValue'].includes(type)) {
    errors.push(invalidValue(at.child('type'), type, 'must be either Utilization, Value, or AverageValue'));
  }
  if (averageUtilization !== undefined && averageUtilization < 1) {
    errors.push(invalidValue(at.child('averageUtilization'), averageUtilization, 'must be greater than 0'));
  }
  for (const [field, quantity] of Object.entries({ value, averageValue })) {
    if (quantity === undefined) continue;
    const problem = quantityProblem(quantity);
    if (problem) errors.push(invalidValue(at.child(field), quantity, problem));
    else if (parseQuantity(quantity) <= 0) errors.push(invalidValue(at.child(field), quantity, 'must be positive'));
  }
  if (value === undefined && averageValue === undefined && averageUtilization === undefined) {
    errors.push(required(at, 'must set a target value'));
  }
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

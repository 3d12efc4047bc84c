import type { FieldError } from '../../errors.ts';
import type { CrossVersionObjectReference, MetricIdentifier, MetricSpec, MetricTarget } from '../../generated/types.ts';
import { parseQuantity, quantityProblem } from '../../quantity.ts';
import { addProblems, forbidden, invalidValue, notSupported, required } from '../../validation/field-errors.ts';
import type { FieldPath } from '../../validation/field-path.ts';
import { validateLabelSelector } from '../../validation/labels.ts';
import { dns1123LabelProblems, pathSegmentProblems } from '../../validation/names.ts';

const metricSources = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
} as const;

/** The rules of one entry of `spec.metrics`. */
export function validateMetric(metric: MetricSpec, at: FieldPath, errors: FieldError[]): void {
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
  if (expected === 'resource' || expected === 'containerResource') {
    validateResource(given as { name?: string; container?: string }, expected, sourcePath, errors);
  } else {
    validateIdentifier((given as { metric?: MetricIdentifier }).metric, sourcePath.child('metric'), errors);
  }
  if (metric.object) validateReference(metric.object.describedObject, sourcePath.child('describedObject'), errors);
  validateTarget(given.target, sourcePath.child('target'), errors);
  validateTargetKind(given.target ?? {}, expected, sourcePath.child('target'), errors);
}

function validateResource(
  { name, container }: { name?: string; container?: string },
  source: 'resource' | 'containerResource',
  at: FieldPath,
  errors: FieldError[],
): void {
  if (!name) errors.push(required(at.child('name'), 'must specify a resource name'));
  if (source === 'resource') return;
  if (container) addProblems(at.child('container'), container, dns1123LabelProblems(container), errors);
  else errors.push(required(at.child('container'), 'must specify a container'));
}

function validateIdentifier(metric: MetricIdentifier | undefined, at: FieldPath, errors: FieldError[]): void {
  if (!metric?.name) errors.push(required(at.child('name'), 'must specify a metric name'));
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
}

/** Which of the targets each source may have. */
function validateTargetKind(
  { value, averageValue, averageUtilization }: Partial<MetricTarget>,
  source: (typeof metricSources)[keyof typeof metricSources],
  at: FieldPath,
  errors: FieldError[],
): void {
  switch (source) {
    case 'resource':
    case 'containerResource':
      if (averageUtilization === undefined && averageValue === undefined) {
        const text = 'must set either a target raw value or a target utilization';
        errors.push(required(at.child('averageUtilization'), text));
      }
      if (averageUtilization !== undefined && averageValue !== undefined) {
        const text = 'may not set both a target raw value and a target utilization';
        errors.push(forbidden(at.child('averageValue'), text));
      }
      return;
    case 'pods':
      if (averageValue !== undefined) return;
      errors.push(required(at.child('averageValue'), 'must specify a positive target averageValue'));
      return;
    case 'object':
      if (value !== undefined || averageValue !== undefined) return;
      errors.push(required(at.child('averageValue'), 'must set either a target value or averageValue'));
      return;
    case 'external':
      if (value === undefined && averageValue === undefined) {
        const text = 'must set either a target value for metric or a per-pod target';
        errors.push(required(at.child('averageValue'), text));
      }
      if (value !== undefined && averageValue !== undefined) {
        errors.push(forbidden(at.child('value'), 'may not set both a target value for metric and a per-pod target'));
      }
  }
}

/** The rules of what names another object. */
export function validateReference(
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

import type { FieldError } from '../errors.ts';
import type { JobSpec, PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyRule } from '../generated/types.ts';
import { validateOneOf } from '../validation/common.ts';
import { duplicate, invalidValue, notFound, required, tooMany } from '../validation/field-errors.ts';
import type { FieldPath } from '../validation/field-path.ts';
import { validateLabelName } from '../validation/labels.ts';

const maxRules = 20;
const maxExitCodes = 255;
const indexesRegex = /^\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*$/;

/** The rules of what a failed pod means for its Job. */
export function validatePodFailurePolicy(spec: JobSpec, path: FieldPath, errors: FieldError[]): void {
  const rules = spec.podFailurePolicy?.rules ?? [];
  const rulesPath = path.child('rules');
  if (rules.length > maxRules) errors.push(tooMany(rulesPath, rules.length, maxRules));
  const { containers = [], initContainers = [] } = spec.template.spec;
  const names = new Set([...containers, ...initContainers].map((container) => container.name));
  for (const [index, rule] of rules.entries()) {
    validateRule(rule, names, spec.backoffLimitPerIndex !== undefined, rulesPath.index(index), errors);
  }
}

function validateRule(
  rule: PodFailurePolicyRule,
  names: ReadonlySet<string>,
  isPerIndex: boolean,
  path: FieldPath,
  errors: FieldError[],
): void {
  validateOneOf(rule.action, ['Count', 'FailIndex', 'FailJob', 'Ignore'], path.child('action'), errors);
  if (rule.action === 'FailIndex' && !isPerIndex) {
    errors.push(invalidValue(path.child('action'), rule.action, 'requires the backoffLimitPerIndex to be set'));
  }
  const patterns = rule.onPodConditions ?? [];
  if (rule.onExitCodes && patterns.length > 0) {
    errors.push(invalidValue(path, rule, 'specifying both OnExitCodes and OnPodConditions is not supported'));
  } else if (!rule.onExitCodes && patterns.length === 0) {
    errors.push(invalidValue(path, rule, 'specifying one of OnExitCodes and OnPodConditions is required'));
  }
  if (rule.onExitCodes) validateExitCodes(rule.onExitCodes, names, path.child('onExitCodes'), errors);
  for (const [index, { type, status }] of patterns.entries()) {
    const patternPath = path.child('onPodConditions').index(index);
    validateLabelName(type ?? '', patternPath.child('type'), errors);
    validateOneOf(status, ['False', 'True', 'Unknown'], patternPath.child('status'), errors);
  }
}

function validateExitCodes(
  { operator, values = [], containerName }: PodFailurePolicyOnExitCodesRequirement,
  names: ReadonlySet<string>,
  path: FieldPath,
  errors: FieldError[],
): void {
  validateOneOf(operator, ['In', 'NotIn'], path.child('operator'), errors);
  if (containerName !== undefined && !names.has(containerName)) {
    const text = 'must be one of the container or initContainer names in the pod template';
    errors.push(notFound(path.child('containerName'), containerName, text));
  }
  const valuesPath = path.child('values');
  if (values.length === 0) errors.push(required(valuesPath, 'at least one value is required'));
  if (values.length > maxExitCodes) errors.push(tooMany(valuesPath, values.length, maxExitCodes));
  for (const [index, value] of values.entries()) {
    if (operator === 'In' && value === 0) {
      errors.push(invalidValue(valuesPath.index(index), value, 'must not be 0 for the In operator'));
    }
    if (values.indexOf(value) < index) errors.push(duplicate(valuesPath.index(index), value));
    const previous = values[index - 1];
    if (previous !== undefined && previous > value) {
      errors.push(invalidValue(valuesPath, values, 'must be ordered'));
      break;
    }
  }
}

/** The rules of when an indexed Job has succeeded early. */
export function validateSuccessPolicy(spec: JobSpec, path: FieldPath, errors: FieldError[]): void {
  if (spec.completionMode !== 'Indexed') {
    errors.push(invalidValue(path, spec.successPolicy, 'requires indexed completion mode'));
    return;
  }
  const rulesPath = path.child('rules');
  const rules = spec.successPolicy?.rules ?? [];
  if (rules.length === 0)
    errors.push(required(rulesPath, 'at least one rules must be specified when the successPolicy is specified'));
  if (rules.length > maxRules) errors.push(tooMany(rulesPath, rules.length, maxRules));
  for (const [index, rule] of rules.entries()) {
    const rulePath = rulesPath.index(index);
    const { succeededCount, succeededIndexes } = rule;
    if (succeededCount === undefined && succeededIndexes === undefined) {
      errors.push(required(rulePath, 'at least one of succeededCount or succeededIndexes must be specified'));
    }
    if (succeededIndexes !== undefined && !indexesRegex.test(succeededIndexes)) {
      const text = 'error parsing succeededIndexes: must be indexes and ranges of them, such as 0,2-4';
      errors.push(invalidValue(rulePath.child('succeededIndexes'), succeededIndexes, text));
    }
    if (succeededCount !== undefined && (succeededCount <= 0 || succeededCount > (spec.completions ?? 0))) {
      const text = `must be greater than 0 and less than or equal to ${spec.completions ?? 0} (the number of specified completions)`;
      errors.push(invalidValue(rulePath.child('succeededCount'), succeededCount, text));
    }
  }
}

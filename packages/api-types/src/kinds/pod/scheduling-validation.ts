import type { FieldError } from '../../errors.ts';
import type { Toleration, TopologySpreadConstraint } from '../../generated/types.ts';
import { validateOptionalOneOf } from '../../validation/common.ts';
import {
  duplicate,
  forbidden,
  invalidValue,
  notPositiveText,
  notSupported,
  required,
} from '../../validation/field-errors.ts';
import type { FieldPath } from '../../validation/field-path.ts';
import { validateLabelName, validateLabelSelector } from '../../validation/labels.ts';
import { labelValueProblems } from '../../validation/names.ts';

const scheduleActions: readonly string[] = ['DoNotSchedule', 'ScheduleAnyway'];
const inclusionPolicies: readonly string[] = ['Honor', 'Ignore'];
const taintEffects: readonly string[] = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const tolerationOperators: readonly string[] = ['Equal', 'Exists'];

/** Refuses effects that no taint can have. */
export function validateTaintEffect(effect: string, path: FieldPath, errors: FieldError[]): void {
  if (!taintEffects.includes(effect)) errors.push(notSupported(path, effect, taintEffects));
}

/** The rules of tolerations. */
export function validateTolerations(tolerations: readonly Toleration[], path: FieldPath, errors: FieldError[]): void {
  for (const [index, toleration] of tolerations.entries()) validateToleration(toleration, path.index(index), errors);
}

function validateToleration(toleration: Toleration, path: FieldPath, errors: FieldError[]): void {
  const { key = '', operator = '', value = '', effect = '', tolerationSeconds } = toleration;
  if (key) validateLabelName(key, path.child('key'), errors);
  if (!key && operator !== 'Exists') {
    const text = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    errors.push(invalidValue(path.child('operator'), operator, text));
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    const text = "effect must be 'NoExecute' when `tolerationSeconds` is set";
    errors.push(invalidValue(path.child('effect'), effect, text));
  }
  if (operator === '' || operator === 'Equal') {
    const problems = labelValueProblems(value);
    if (problems.length > 0) errors.push(invalidValue(path.child('operator'), value, problems.join(';')));
  } else if (operator !== 'Exists') {
    errors.push(notSupported(path.child('operator'), operator, tolerationOperators));
  } else if (value) {
    errors.push(invalidValue(path.child('operator'), value, "value must be empty when `operator` is 'Exists'"));
  }
  if (effect) validateTaintEffect(effect, path.child('effect'), errors);
}

/** The rules of topology spread constraints. */
export function validateSpreadConstraints(
  constraints: readonly TopologySpreadConstraint[],
  path: FieldPath,
  errors: FieldError[],
): void {
  for (const [index, constraint] of constraints.entries()) {
    const itemPath = path.index(index);
    validateSpreadConstraint(constraint, itemPath, errors);
    const { topologyKey, whenUnsatisfiable } = constraint;
    const isRepeated = constraints
      .slice(index + 1)
      .some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable);
    if (isRepeated) {
      const pairPath = itemPath.child('{topologyKey, whenUnsatisfiable}');
      errors.push(duplicate(pairPath, `{${topologyKey}, ${whenUnsatisfiable}}`));
    }
  }
}

function validateSpreadConstraint(constraint: TopologySpreadConstraint, path: FieldPath, errors: FieldError[]): void {
  const { maxSkew = 0, topologyKey, whenUnsatisfiable = '', minDomains } = constraint;
  if (maxSkew <= 0) errors.push(invalidValue(path.child('maxSkew'), maxSkew, notPositiveText));
  if (!topologyKey) errors.push(required(path.child('topologyKey'), 'can not be empty'));
  if (!scheduleActions.includes(whenUnsatisfiable)) {
    errors.push(notSupported(path.child('whenUnsatisfiable'), whenUnsatisfiable, scheduleActions));
  }
  if (minDomains !== undefined) {
    const domainsPath = path.child('minDomains');
    if (minDomains <= 0) errors.push(invalidValue(domainsPath, minDomains, notPositiveText));
    if (whenUnsatisfiable !== 'DoNotSchedule') {
      const text = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
      errors.push(invalidValue(domainsPath, minDomains, text));
    }
  }
  validateOptionalOneOf(constraint.nodeAffinityPolicy, inclusionPolicies, path.child('nodeAffinityPolicy'), errors);
  validateOptionalOneOf(constraint.nodeTaintsPolicy, inclusionPolicies, path.child('nodeTaintsPolicy'), errors);
  validateMatchLabelKeys(constraint, path.child('matchLabelKeys'), errors);
  validateLabelSelector(constraint.labelSelector, path.child('labelSelector'), errors);
}

function validateMatchLabelKeys(
  { matchLabelKeys, labelSelector }: TopologySpreadConstraint,
  path: FieldPath,
  errors: FieldError[],
): void {
  if (!matchLabelKeys?.length) return;
  if (!labelSelector) errors.push(forbidden(path, 'must not be specified when labelSelector is not set'));
  const selected = new Set([
    ...Object.keys(labelSelector?.matchLabels ?? {}),
    ...(labelSelector?.matchExpressions ?? []).map((expression) => expression.key),
  ]);
  for (const [index, key] of matchLabelKeys.entries()) {
    validateLabelName(key, path.index(index), errors);
    if (selected.has(key)) {
      errors.push(invalidValue(path.index(index), key, 'exists in both matchLabelKeys and labelSelector'));
    }
  }
}

import type { FieldError } from '../../errors.ts';
import type { ClusterRole, PolicyRule, Role } from '../../generated/types.ts';
import { invalidValue, required } from '../../validation/field-errors.ts';
import { FieldPath } from '../../validation/field-path.ts';
import { validateLabelSelector } from '../../validation/labels.ts';

const rulesPath = FieldPath.of('rules');

/** The rules of a Role. */
export function validateRole({ rules }: Role): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, rule] of rules.entries()) validateRule(rule, true, rulesPath.index(index), errors);
  return errors;
}

/** The rules of a ClusterRole. */
export function validateClusterRole({ rules, aggregationRule }: ClusterRole): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, rule] of rules.entries()) validateRule(rule, false, rulesPath.index(index), errors);
  if (!aggregationRule) return errors;
  const selectorsPath = FieldPath.of('aggregationRule').child('clusterRoleSelectors');
  const selectors = aggregationRule.clusterRoleSelectors ?? [];
  if (selectors.length === 0) {
    errors.push(required(selectorsPath, 'at least one clusterRoleSelector required if aggregationRule is non-nil'));
  }
  selectors.forEach((selector, index) => {
    validateLabelSelector(selector, selectorsPath.index(index), errors);
  });
  return errors;
}

function validateRule(rule: PolicyRule, isNamespaced: boolean, path: FieldPath, errors: FieldError[]): void {
  const { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs: urls = [] } = rule;
  if (verbs.length === 0) errors.push(required(path.child('verbs'), 'verbs must contain at least one value'));
  if (urls.length > 0) {
    const urlsPath = path.child('nonResourceURLs');
    if (isNamespaced) {
      errors.push(invalidValue(urlsPath, urls, 'namespaced rules cannot apply to non-resource URLs'));
    }
    if (apiGroups.length > 0 || resources.length > 0 || resourceNames.length > 0) {
      const text = 'rules cannot apply to both regular resources and non-resource URLs';
      errors.push(invalidValue(urlsPath, urls, text));
    }
    return;
  }
  if (apiGroups.length === 0) {
    errors.push(required(path.child('apiGroups'), 'resource rules must supply at least one api group'));
  }
  if (resources.length === 0) {
    errors.push(required(path.child('resources'), 'resource rules must supply at least one resource'));
  }
}

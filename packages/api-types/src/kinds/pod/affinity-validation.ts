import type { FieldError } from '../../errors.ts';
import type {
  Affinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
} from '../../generated/types.ts';
import { validateDnsLabel } from '../../validation/common.ts';
import { addProblems, forbidden, invalidValue, required } from '../../validation/field-errors.ts';
import type { FieldPath } from '../../validation/field-path.ts';
import { validateLabelName, validateLabelSelector } from '../../validation/labels.ts';
import { dns1123SubdomainProblems, labelValueProblems } from '../../validation/names.ts';

const requiredField = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferredField = 'preferredDuringSchedulingIgnoredDuringExecution';

/** The rules of node and pod affinity. */
export function validateAffinity(affinity: Affinity, path: FieldPath, errors: FieldError[]): void {
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity;
  if (nodeAffinity) {
    const nodePath = path.child('nodeAffinity');
    const selector = nodeAffinity[requiredField];
    if (selector) validateNodeSelector(selector, nodePath.child(requiredField), errors);
    nodeAffinity[preferredField]?.forEach(({ weight, preference }, index) => {
      const itemPath = nodePath.child(preferredField).index(index);
      validateWeight(weight, itemPath, errors);
      validateNodeSelectorTerm(preference, false, itemPath.child('preference'), errors);
    });
  }
  if (podAffinity) validatePodAffinity(podAffinity, path.child('podAffinity'), errors);
  if (podAntiAffinity) validatePodAffinity(podAntiAffinity, path.child('podAntiAffinity'), errors);
}

function validateWeight(weight: number, path: FieldPath, errors: FieldError[]): void {
  if (weight >= 1 && weight <= 100) return;
  errors.push(invalidValue(path.child('weight'), weight ?? 0, 'must be in the range 1-100'));
}

/** The rules of a selector of nodes. */
export function validateNodeSelector(selector: NodeSelector, path: FieldPath, errors: FieldError[]): void {
  const termsPath = path.child('nodeSelectorTerms');
  if (!selector.nodeSelectorTerms?.length) {
    errors.push(required(termsPath, 'must have at least one node selector term'));
  }
  selector.nodeSelectorTerms?.forEach((term, index) => {
    validateNodeSelectorTerm(term, true, termsPath.index(index), errors);
  });
}

function validateNodeSelectorTerm(
  term: NodeSelectorTerm | undefined,
  checksValues: boolean,
  path: FieldPath,
  errors: FieldError[],
): void {
  term?.matchExpressions?.forEach((requirement, index) => {
    validateNodeRequirement(requirement, checksValues, path.child('matchExpressions').index(index), errors);
  });
  term?.matchFields?.forEach((requirement, index) => {
    validateNodeFieldRequirement(requirement, path.child('matchFields').index(index), errors);
  });
}

function validateNodeRequirement(
  { key = '', operator = '', values = [] }: NodeSelectorRequirement,
  checksValues: boolean,
  path: FieldPath,
  errors: FieldError[],
): void {
  const valuesPath = path.child('values');
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        errors.push(required(valuesPath, "must be specified when `operator` is 'In' or 'NotIn'"));
      }
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        errors.push(forbidden(valuesPath, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      }
      break;
    case 'Gt':
    case 'Lt':
      if (values.length !== 1) {
        errors.push(required(valuesPath, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
      }
      break;
    default:
      errors.push(invalidValue(path.child('operator'), operator, 'not a valid selector operator'));
  }
  validateLabelName(key, path.child('key'), errors);
  if (!checksValues) return;
  for (const [index, value] of values.entries()) {
    addProblems(valuesPath.index(index), value, labelValueProblems(value), errors);
  }
}

function validateNodeFieldRequirement(
  { key = '', operator = '', values = [] }: NodeSelectorRequirement,
  path: FieldPath,
  errors: FieldError[],
): void {
  if (operator !== 'In' && operator !== 'NotIn') {
    errors.push(invalidValue(path.child('operator'), operator, 'not a valid selector operator'));
  } else if (values.length !== 1) {
    const text = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
    errors.push(required(path.child('values'), text));
  }
  if (key !== 'metadata.name') {
    errors.push(invalidValue(path.child('key'), key, 'not a valid field selector key'));
    return;
  }
  for (const [index, value] of values.entries()) {
    addProblems(path.child('values').index(index), value, dns1123SubdomainProblems(value), errors);
  }
}

function validatePodAffinity(affinity: PodAffinity, path: FieldPath, errors: FieldError[]): void {
  affinity[requiredField]?.forEach((term, index) => {
    validatePodAffinityTerm(term, path.child(requiredField).index(index), errors);
  });
  affinity[preferredField]?.forEach(({ weight, podAffinityTerm }, index) => {
    const itemPath = path.child(preferredField).index(index);
    validateWeight(weight, itemPath, errors);
    validatePodAffinityTerm(podAffinityTerm ?? { topologyKey: '' }, itemPath.child('podAffinityTerm'), errors);
  });
}

function validatePodAffinityTerm(term: PodAffinityTerm, path: FieldPath, errors: FieldError[]): void {
  validateLabelSelector(term.labelSelector, path.child('labelSelector'), errors);
  validateLabelSelector(term.namespaceSelector, path.child('namespaceSelector'), errors);
  for (const namespace of term.namespaces ?? []) validateDnsLabel(namespace, path.child('namespace'), errors);
  validateLabelKeys(term, 'matchLabelKeys', path, errors);
  validateLabelKeys(term, 'mismatchLabelKeys', path, errors);
  for (const [index, key] of (term.matchLabelKeys ?? []).entries()) {
    if (!term.mismatchLabelKeys?.includes(key)) continue;
    const text = 'exists in both matchLabelKeys and mismatchLabelKeys';
    errors.push(invalidValue(path.child('matchLabelKeys').index(index), key, text));
  }
  const { topologyKey = '' } = term;
  if (!topologyKey) errors.push(required(path.child('topologyKey'), 'can not be empty'));
  validateLabelName(topologyKey, path.child('topologyKey'), errors);
}

function validateLabelKeys(
  term: PodAffinityTerm,
  field: 'matchLabelKeys' | 'mismatchLabelKeys',
  path: FieldPath,
  errors: FieldError[],
): void {
  const keys = term[field];
  if (!keys?.length) return;
  if (!term.labelSelector) {
    errors.push(forbidden(path.child(field), 'must not be specified when labelSelector is not set'));
    return;
  }
  for (const [index, key] of keys.entries()) validateLabelName(key, path.child(field).index(index), errors);
}

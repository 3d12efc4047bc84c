import type { FieldError } from '../../errors.ts';
import type { PodDisruptionBudget } from '../../generated/types.ts';
import type { KindDefinition } from '../../kind.ts';
import { validateNonNegative, validateOptionalOneOf } from '../../validation/common.ts';
import { addProblems, invalidValue } from '../../validation/field-errors.ts';
import { FieldPath } from '../../validation/field-path.ts';
import { validateLabelSelector } from '../../validation/labels.ts';
import { percentProblems } from '../../validation/names.ts';
import {
  ageColumn,
  allVerbs,
  countColumn,
  nameColumn,
  noErrors,
  statusHooks,
  statusSubresource,
  textColumn,
} from '../define.ts';

const path = FieldPath.of('spec');

export const podDisruptionBudgetKind: KindDefinition<PodDisruptionBudget> = {
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  singular: 'poddisruptionbudget',
  shortNames: ['pdb'],
  categories: [],
  isNamespaced: true,
  verbs: allVerbs,
  subresources: [statusSubresource('policy', 'v1', 'PodDisruptionBudget')],
  hasGeneration: true,
  allowsUnconditionalUpdate: false,
  setDefaults(budget) {
    budget.spec ??= {};
    budget.status ??= emptyStatus();
  },
  ...statusHooks<PodDisruptionBudget>(emptyStatus),
  validate: validateBudget,
  validateUpdate: noErrors,
  nameRule: 'subdomain',
  selectableFields: {},
  columns: [
    nameColumn,
    textColumn('Min Available', 'How many pods must stay.', ({ spec }) => String(spec.minAvailable ?? 'N/A')),
    textColumn('Max Unavailable', 'How many pods may be missing.', ({ spec }) => String(spec.maxUnavailable ?? 'N/A')),
    countColumn('Allowed Disruptions', 'How many pods may be evicted now.', ({ status }) => status.disruptionsAllowed),
    ageColumn,
  ],
};

function emptyStatus(): PodDisruptionBudget['status'] {
  return { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
}

function validateBudget({ spec }: PodDisruptionBudget): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
    errors.push(invalidValue(path, spec, 'minAvailable and maxUnavailable cannot be both set'));
  }
  for (const field of ['minAvailable', 'maxUnavailable'] as const) {
    const value = spec[field];
    if (typeof value !== 'string') {
      validateNonNegative(value, path.child(field), errors);
      continue;
    }
    const problems = percentProblems(value);
    addProblems(path.child(field), value, problems, errors);
    if (problems.length === 0 && Number(value.slice(0, -1)) > 100) {
      errors.push(invalidValue(path.child(field), value, 'must not be greater than 100%'));
    }
  }
  validateLabelSelector(spec.selector, path.child('selector'), errors);
  const policyPath = path.child('unhealthyPodEvictionPolicy');
  validateOptionalOneOf(spec.unhealthyPodEvictionPolicy, ['AlwaysAllow', 'IfHealthyBudget'], policyPath, errors);
  return errors;
}

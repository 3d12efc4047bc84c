import type { FieldError } from '../errors.ts';
import type { LabelSelector, LabelSelectorRequirement } from '../generated/types.ts';
import { addProblems, forbidden, invalidValue, required } from './field-errors.ts';
import type { FieldPath } from './field-path.ts';
import { labelValueProblems, qualifiedNameProblems } from './names.ts';

/** Refuses what is no label key. */
export function validateLabelName(name: string, path: FieldPath, errors: FieldError[]): void {
  addProblems(path, name, qualifiedNameProblems(name), errors);
}

/** Refuses label maps with malformed keys or values. */
export function validateLabels(
  labels: Readonly<Record<string, string>> | undefined,
  path: FieldPath,
  errors: FieldError[],
): void {
  for (const key in labels) {
    const value = labels[key] ?? '';
    addProblems(path, key, qualifiedNameProblems(key), errors);
    addProblems(path, value, labelValueProblems(value), errors);
  }
}

/** Refuses selectors with malformed labels or operators; a missing selector is fine. */
export function validateLabelSelector(
  selector: LabelSelector | undefined,
  path: FieldPath,
  errors: FieldError[],
): void {
  if (!selector) return;
  validateLabels(selector.matchLabels, path.child('matchLabels'), errors);
  selector.matchExpressions?.forEach((requirement, index) => {
    validateRequirement(requirement, path.child('matchExpressions').index(index), errors);
  });
}

function validateRequirement(requirement: LabelSelectorRequirement, path: FieldPath, errors: FieldError[]): void {
  const { key, operator, values = [] } = requirement;
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      errors.push(required(path.child('values'), "must be specified when `operator` is 'In' or 'NotIn'"));
    }
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      errors.push(
        forbidden(path.child('values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
      );
    }
  } else {
    errors.push(invalidValue(path.child('operator'), operator ?? '', 'not a valid selector operator'));
  }
  validateLabelName(key ?? '', path.child('key'), errors);
  values.forEach((value, index) => {
    addProblems(path.child('values').index(index), value, labelValueProblems(value), errors);
  });
}

/** Whether a selector is well-formed, so that it can be compiled. */
export function isValidSelector(selector: LabelSelector): boolean {
  return (selector.matchExpressions ?? []).every(({ operator }) =>
    ['In', 'NotIn', 'Exists', 'DoesNotExist'].includes(operator),
  );
}

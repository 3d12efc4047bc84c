import { type FieldError, invalid, type RebalancePlanSpec } from '@gantry/api-types';
import { FieldPath } from '@gantry/api-types/validation/field-path';
import { fields, text, wholeNumber } from '../simulation/question-fields.ts';

const check = fields({ 'emptyNode?': text, 'maxMoves?': wholeNumber(1, 1000) });

/** A question as a client sent it. Throws `ApiError` Invalid that names each field. */
export function parseRebalancePlanSpec(value: unknown): RebalancePlanSpec {
  const errors: FieldError[] = [];
  check(value ?? {}, FieldPath.of('spec'), errors);
  if (errors.length > 0) throw invalid({ kind: 'RebalancePlan', group: 'gantry.io' }, '', errors);
  return (value ?? {}) as RebalancePlanSpec;
}

import { type FieldError, invalid, type RecommendationSpec } from '@gantry/api-types';
import { FieldPath } from '@gantry/api-types/validation/field-path';
import { fields, numberAbove, text, wholeNumber, workload } from '../simulation/question-fields.ts';

const check = fields({
  'namespace?': text,
  'workload?': workload,
  'cpuPercentile?': numberAbove(0, 100),
  'cpuMargin?': numberAbove(0, 10),
  'memoryMargin?': numberAbove(0, 10),
  'minSamples?': wholeNumber(1, 1000),
});

/** A question as a client sent it. Throws `ApiError` Invalid that names each field. */
export function parseRecommendationSpec(value: unknown): RecommendationSpec {
  const errors: FieldError[] = [];
  check(value ?? {}, FieldPath.of('spec'), errors);
  if (errors.length > 0) throw invalid({ kind: 'Recommendation', group: 'gantry.io' }, '', errors);
  return (value ?? {}) as RecommendationSpec;
}

import type { FieldError } from '../../errors.ts';
import type { Pod } from '../../generated/types.ts';

/** The rules of a pod. */
export function validatePod(_pod: Pod): FieldError[] {
  return [];
}

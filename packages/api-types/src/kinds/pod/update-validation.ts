import type { FieldError } from '../../errors.ts';
import type { Pod } from '../../generated/types.ts';

/** What of a pod may not change. */
export function validatePodUpdate(_next: Pod, _previous: Pod): FieldError[] {
  return [];
}

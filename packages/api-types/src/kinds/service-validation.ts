import type { FieldError } from '../errors.ts';
import type { Service } from '../generated/types.ts';

/** The rules of a Service. */
export function validateService(_service: Service): FieldError[] {
  return [];
}

/** What of a Service may not change. */
export function validateServiceUpdate(_next: Service, _previous: Service): FieldError[] {
  return [];
}

import type { FieldError } from '../errors.ts';
import type { Deployment } from '../generated/types.ts';

/** The rules of a Deployment. */
export function validateDeployment(_deployment: Deployment): FieldError[] {
  return [];
}

/** What of a Deployment may not change. */
export function validateDeploymentUpdate(_next: Deployment, _previous: Deployment): FieldError[] {
  return [];
}

import type { FieldError } from '../errors.ts';
import type { Node } from '../generated/types.ts';

/** The rules of a Node. */
export function validateNode(_node: Node): FieldError[] {
  return [];
}

/** What of a Node may not change. */
export function validateNodeUpdate(_next: Node, _previous: Node): FieldError[] {
  return [];
}

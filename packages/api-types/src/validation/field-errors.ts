import type { FieldError, FieldErrorReason } from '../errors.ts';
import type { FieldPath } from './field-path.ts';

const titles: Readonly<Record<FieldErrorReason, string>> = {
  FieldValueRequired: 'Required value',
  FieldValueInvalid: 'Invalid value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  FieldValueNotFound: 'Not found',
  FieldValueTypeInvalid: 'Invalid value',
};

export const negativeText = 'must be greater than or equal to 0';
export const notPositiveText = 'must be greater than zero';
export const immutableText = 'field is immutable';

/** The field is missing or empty. */
export function required(path: FieldPath, detail = ''): FieldError {
  return make(path, 'FieldValueRequired', detail);
}

/** The value is malformed or out of range. */
export function invalidValue(path: FieldPath, value: unknown, detail: string): FieldError {
  return make(path, 'FieldValueInvalid', detail, value);
}

/** The value is none of those that exist. */
export function notSupported(path: FieldPath, value: unknown, supported: readonly string[]): FieldError {
  const list = supported.map((item) => JSON.stringify(item)).join(', ');
  return make(path, 'FieldValueNotSupported', `supported values: ${list}`, value);
}

/** The value must be unique and is not. */
export function duplicate(path: FieldPath, value: unknown, detail = ''): FieldError {
  return make(path, 'FieldValueDuplicate', detail, value);
}

/** The field may not be set, or not be changed, here. */
export function forbidden(path: FieldPath, detail: string): FieldError {
  return make(path, 'FieldValueForbidden', detail);
}

/** What the value refers to does not exist. */
export function notFound(path: FieldPath, value: unknown, detail = ''): FieldError {
  return make(path, 'FieldValueNotFound', detail, value);
}

/** The value has more bytes than `maxBytes`. */
export function tooLong(path: FieldPath, maxBytes: number): FieldError {
  return make(path, 'FieldValueTooLong', `may not be more than ${maxBytes} bytes`);
}

/** The list has more items than `maxItems`. */
export function tooMany(path: FieldPath, count: number, maxItems: number): FieldError {
  return make(path, 'FieldValueTooMany', `must have at most ${maxItems} items`, count);
}

/** One error for each problem. */
export function addProblems(path: FieldPath, value: unknown, problems: readonly string[], errors: FieldError[]): void {
  for (const problem of problems) errors.push(invalidValue(path, value, problem));
}

const withoutValue: ReadonlySet<FieldErrorReason> = new Set([
  'FieldValueRequired',
  'FieldValueForbidden',
  'FieldValueTooLong',
]);

function make(path: FieldPath, reason: FieldErrorReason, detail: string, value?: unknown): FieldError {
  const parts = [titles[reason]];
  if (!withoutValue.has(reason)) parts.push(valueText(value));
  if (detail !== '') parts.push(detail);
  return { field: String(path), reason, message: parts.join(': ') };
}

/** A value as Kubernetes shows it: strings quoted, structures as JSON. */
function valueText(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  return JSON.stringify(value);
}

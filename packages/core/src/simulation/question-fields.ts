import type { FieldError } from '@gantry/api-types';
import { quantityProblem } from '@gantry/api-types/quantity';
import { invalidValue, notSupported, required } from '@gantry/api-types/validation/field-errors';
import type { FieldPath } from '@gantry/api-types/validation/field-path';
import { isWorkloadKind, workloadResources } from './workload-objects.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** Adds what is wrong with a value to the errors. In shapes a question mark after a field's name says that it may be absent. */
export type Check = (value: unknown, path: FieldPath, errors: FieldError[]) => void;

/** Named fields must be right; others may be there. */
export function parts(shape: Readonly<Record<string, Check>>): Check {
  return (value, path, errors) => {
    if (!isFields(value)) return void errors.push(invalidValue(path, value, 'must be an object'));
    for (const [name, check] of Object.entries(shape)) {
      const field = name.replace('?', '');
      if (value[field] !== undefined) check(value[field], path.child(field), errors);
      else if (!name.endsWith('?')) errors.push(required(path.child(field)));
    }
  };
}

/** No other field may be there: a misspelt one would change the question. */
export function fields(shape: Readonly<Record<string, Check>>): Check {
  const known = Object.keys(shape).map((name) => name.replace('?', ''));
  return (value, path, errors) => {
    parts(shape)(value, path, errors);
    if (!isFields(value)) return;
    for (const field of Object.keys(value)) if (!known.includes(field)) errors.push(notSupported(path, field, known));
  };
}

/** A workload by kind, namespace and name. */
export function workload(value: unknown, path: FieldPath, errors: FieldError[]): void {
  if (!isFields(value)) return void errors.push(invalidValue(path, value, 'must be an object with kind and name'));
  if (typeof value.kind !== 'string' || !isWorkloadKind(value.kind)) {
    errors.push(notSupported(path.child('kind'), value.kind, Object.keys(workloadResources)));
  }
  text(value.name, path.child('name'), errors);
  if (value.namespace !== undefined) text(value.namespace, path.child('namespace'), errors);
}

/** A text that is not empty. */
export function text(value: unknown, path: FieldPath, errors: FieldError[]): void {
  if (typeof value !== 'string' || value === '') errors.push(invalidValue(path, value, 'must be a text'));
}

/** True or false. */
export function flag(value: unknown, path: FieldPath, errors: FieldError[]): void {
  if (typeof value !== 'boolean') errors.push(invalidValue(path, value, 'must be true or false'));
}

/** `namespace/name`. */
export function podKey(value: unknown, path: FieldPath, errors: FieldError[]): void {
  if (typeof value === 'string' && /^[^/]+\/[^/]+$/.test(value)) return;
  errors.push(invalidValue(path, value, 'must be namespace/name of a pod'));
}

/** A whole number between two others. */
export function wholeNumber(min: number, max: number): Check {
  return (value, path, errors) => {
    if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) return;
    errors.push(invalidValue(path, value, `must be a whole number between ${min} and ${max}`));
  };
}

/** A quantity that is not negative. */
export function quantity(value: unknown, path: FieldPath, errors: FieldError[]): void {
  const problem = typeof value === 'string' ? quantityProblem(value) : 'must be a quantity such as 250m or 512Mi';
  if (problem !== undefined) errors.push(invalidValue(path, value, problem));
  else if (String(value).startsWith('-')) errors.push(invalidValue(path, value, 'must be greater than or equal to 0'));
}

/** Quantities by resource. */
export function quantities(value: unknown, path: FieldPath, errors: FieldError[]): void {
  if (!isFields(value) || Object.keys(value).length === 0) {
    return void errors.push(invalidValue(path, value, 'must be amounts by resource, such as { cpu: 250m }'));
  }
  for (const [name, amount] of Object.entries(value)) quantity(amount, path.key(name), errors);
}

/** Texts by name. */
export function textMap(mayBeNull: boolean): Check {
  return (value, path, errors) => {
    if (!isFields(value)) return void errors.push(invalidValue(path, value, 'must be an object'));
    for (const [name, one] of Object.entries(value)) {
      if (typeof one === 'string' || (mayBeNull && one === null)) continue;
      errors.push(invalidValue(path.key(name), one, 'must be a text'));
    }
  };
}

/** A list of things that are right. */
export function list(check: Check): Check {
  return (value, path, errors) => {
    if (!Array.isArray(value)) return void errors.push(invalidValue(path, value, 'must be a list'));
    for (const [index, item] of value.entries()) check(item, path.index(index), errors);
  };
}

/** A JSON object. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A number above a bound. */
export function numberAbove(bound: number, max: number): Check {
  return (value, path, errors) => {
    if (typeof value === 'number' && value > bound && value <= max) return;
    errors.push(invalidValue(path, value, `must be a number above ${bound} and up to ${max}`));
  };
}

import { ApiError } from '@gantry/api-types';

export type JsonObject = Readonly<Record<string, unknown>>;

export const patchDirective = '$patch';
export const retainKeysDirective = '$retainKeys';
export const deleteFromListPrefix = '$deleteFromPrimitiveList/';
export const elementOrderPrefix = '$setElementOrder/';

/** True for what JSON calls an object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The names of the fields to which a directive of the patch with this prefix applies, with its value. */
export function* directivesOf(patch: JsonObject, prefix: string): Generator<[field: string, value: unknown]> {
  for (const [key, value] of Object.entries(patch)) if (key.startsWith(prefix)) yield [key.slice(prefix.length), value];
}

/** True for a key that says how to merge and is no field. */
export function isDirective(key: string): boolean {
  return (
    key === patchDirective ||
    key === retainKeysDirective ||
    key.startsWith(deleteFromListPrefix) ||
    key.startsWith(elementOrderPrefix)
  );
}

/** A deep copy of a patch value for where there is nothing to merge with: no directives, no nulls, nothing to delete. */
export function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) {
    const kept = value.filter((element) => !isObject(element) || !(patchDirective in element));
    return kept.map((element) => withoutDirectives(element));
  }
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([key, field]) => field !== null && !isDirective(key));
  return Object.fromEntries(entries.map(([key, field]) => [key, withoutDirectives(field)]));
}

/** A patch that cannot be applied to anything. */
export function badPatch(message: string): ApiError {
  return new ApiError('BadRequest', message);
}

export function unknownPatchType(directive: unknown, map: JsonObject): ApiError {
  return badPatch(`unknown patch type: ${goText(directive)} in map: ${goText(map)}`);
}

export function noMergeKey(map: JsonObject, key: string): ApiError {
  return badPatch(`map: ${goText(map)} does not contain declared merge key: ${key}`);
}

export function outOfOrder(patch: readonly unknown[], order: readonly unknown[]): ApiError {
  return badPatch(
    `The order in patch list:\n${goText(patch)}\n doesn't match $setElementOrder list:\n${goText(order)}\n`,
  );
}

/** A value as Go's `%v` prints it, which is how clients know these messages. */
function goText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((element) => goText(element)).join(' ')}]`;
  if (!isObject(value)) return value === null ? '<nil>' : String(value);
  const keys = Object.keys(value).sort((a, b) => (a < b ? -1 : 1));
  return `map[${keys.map((key) => `${key}:${goText(value[key])}`).join(' ')}]`;
}

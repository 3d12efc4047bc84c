import type { KindReference } from '@gantry/api-types/schema';
import { deleteFromListPrefix, isObject, type JsonObject, patchDirective } from './directives.ts';
import { listShape, type Shape, shapeOfKind, shapeOfMember } from './shapes.ts';

/**
 * The strategic merge patch that brings an object from what was last applied to `desired`, leaving alone what others
 * set: everything desired is named, and what was applied before but is no longer desired is deleted. Pure.
 */
export function planApplyPatch(lastApplied: JsonObject, desired: object, kind: KindReference): Record<string, unknown> {
  return planObject(lastApplied, desired as JsonObject, shapeOfKind(kind));
}

function planObject(last: JsonObject, next: JsonObject, shape: Shape): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(last)) if (next[key] === undefined || next[key] === null) patch[key] = null;
  for (const [key, value] of Object.entries(next)) {
    if (value === undefined || value === null) continue;
    const before = last[key];
    if (isObject(value)) patch[key] = planObject(isObject(before) ? before : {}, value, shapeOfMember(shape, key));
    else if (Array.isArray(value))
      planList(patch, { key, last: Array.isArray(before) ? before : [], next: value, shape });
    else patch[key] = value;
  }
  return patch;
}

interface ListPlan {
  readonly key: string;
  readonly last: readonly unknown[];
  readonly next: readonly unknown[];
  /** Of the object that holds the list. */
  readonly shape: Shape;
}

function planList(patch: Record<string, unknown>, { key, last, next, shape }: ListPlan): void {
  const list = listShape(shape, key);
  const mergeKey = list.key;
  if (!list.merges) patch[key] = next;
  else if (mergeKey === undefined) {
    patch[key] = next;
    const removed = last.filter((element) => !next.includes(element));
    if (removed.length > 0) patch[`${deleteFromListPrefix}${key}`] = removed;
  } else {
    const before = new Map(last.filter(isObject).map((element) => [element[mergeKey], element]));
    const wanted = new Set(next.filter(isObject).map((element) => element[mergeKey]));
    const changed = next.map((element) =>
      isObject(element) ? planObject(before.get(element[mergeKey]) ?? {}, element, list.element) : element,
    );
    const removed = [...before.keys()].filter((identity) => !wanted.has(identity));
    patch[key] = [...changed, ...removed.map((identity) => ({ [mergeKey]: identity, [patchDirective]: 'delete' }))];
  }
}

import {
  badPatch,
  deleteFromListPrefix,
  directivesOf,
  elementOrderPrefix,
  isDirective,
  isObject,
  type JsonObject,
  noMergeKey,
  outOfOrder,
  patchDirective,
  retainKeysDirective,
  unknownPatchType,
  withoutDirectives,
} from './directives.ts';
import { identityOf, orderElements } from './element-order.ts';
import { isReplaced, type ListShape, listShape, type Shape, shapeOfKind, shapeOfMember } from './shapes.ts';

/**
 * Applies a strategic merge patch: merge patch with lists merged by the merge keys of the kind's types, and the
 * directives `$patch`, `$retainKeys`, `$setElementOrder/…` and `$deleteFromPrimitiveList/…`. Changes neither input; the
 * result shares unchanged parts with `original` and nothing with `patch`. The result is not checked against the schema.
 * @throws ApiError BadRequest for a patch that makes no sense, with Kubernetes' message
 */
export function applyStrategicMergePatch(
  original: JsonObject,
  patch: JsonObject,
  kind: { readonly apiVersion: string; readonly kind: string },
): Record<string, unknown> {
  return mergeObject(original, patch, shapeOfKind(kind));
}

function mergeObject(original: JsonObject, patch: JsonObject, shape: Shape): Record<string, unknown> {
  const directive = patch[patchDirective];
  if (directive === 'replace') return withoutDirectives(patch) as Record<string, unknown>;
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge') throw unknownPatchType(directive, patch);
  const result = new Map(Object.entries(retainKeys(original, patch)));
  const isOrdered = applyElementOrders(result, patch, shape);
  for (const [key, value] of Object.entries(patch)) {
    if (isDirective(key) || isOrdered.has(key)) continue;
    if (value === null) result.delete(key);
    else result.set(key, mergeValue(result.get(key), value, key, shape));
  }
  for (const [field, values] of directivesOf(patch, deleteFromListPrefix)) removeScalars(result, field, values);
  return Object.fromEntries(result);
}

function mergeValue(original: unknown, patch: unknown, key: string, shape: Shape): unknown {
  if (isObject(original) && isObject(patch) && !isReplaced(shape, key))
    return mergeObject(original, patch, shapeOfMember(shape, key));
  if (Array.isArray(original) && Array.isArray(patch)) return mergeList(original, patch, listShape(shape, key));
  return withoutDirectives(patch);
}

/** Keeps what `$retainKeys` lists, for unions such as a Deployment's strategy, where one member excludes the others. */
function retainKeys(original: JsonObject, patch: JsonObject): JsonObject {
  const keys = patch[retainKeysDirective];
  if (keys === undefined) return original;
  if (!Array.isArray(keys)) throw badPatch('Invalid patch format of retainKeys');
  const retained = new Set<unknown>(keys);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || isDirective(key) || retained.has(key)) continue;
    throw badPatch('Invalid patch format of retainKeys');
  }
  return Object.fromEntries(Object.entries(original).filter(([key]) => retained.has(key)));
}

/** Merges and sorts the lists that have a `$setElementOrder`; returns their names. */
function applyElementOrders(result: Map<string, unknown>, patch: JsonObject, shape: Shape): Set<string> {
  const ordered = new Set<string>();
  for (const [field, order] of directivesOf(patch, elementOrderPrefix)) {
    if (!Array.isArray(order)) throw badPatch('Invalid patch format of setElementOrder list');
    const before = result.get(field);
    const change = patch[field];
    // A null beside the order deletes the list, which the caller does.
    if (change === null || (before === undefined && change === undefined)) continue;
    if ((before !== undefined && !Array.isArray(before)) || (change !== undefined && !Array.isArray(change))) {
      throw badPatch('Invalid patch format of setElementOrder list');
    }
    const list = listShape(shape, field);
    checkOrder(change ?? [], order, list.key);
    const merged = before && change ? mergeList(before, change, list) : (before ?? withoutDirectives(change));
    result.set(field, orderElements(merged as unknown[], order, before ?? [], list.key));
    ordered.add(field);
  }
  return ordered;
}

/** What the patch adds or changes has to occur in its order, in that order, if there is one. */
function checkOrder(patch: readonly unknown[], order: readonly unknown[], key: string | undefined): void {
  if (order.length === 0) return;
  const kept = patch.filter((element) => !isObject(element) || !(patchDirective in element));
  let at = 0;
  for (const element of kept) {
    const identity = identityOf(element, key);
    while (at < order.length && identityOf(order[at], key) !== identity) at += 1;
    if (at === order.length) throw outOfOrder(patch, order);
  }
}

function mergeList(original: readonly unknown[], patch: readonly unknown[], shape: ListShape): readonly unknown[] {
  if (!shape.merges) return withoutDirectives(patch) as unknown[];
  const isOfObjects = [...original, ...patch].some((element) => isObject(element));
  if (!isOfObjects) return orderElements([...new Set([...original, ...patch])], patch, original, undefined);
  const { key } = shape;
  if (key === undefined) throw badPatch('cannot merge lists without merge key');
  const elements = patch.map((element) => checkedElement(element, key));
  const changes = elements.filter((element) => !(patchDirective in element));
  if (elements.some((element) => element[patchDirective] === 'replace')) {
    return changes.map((change) => withoutDirectives(change));
  }
  const deleted = new Set(elements.filter((element) => patchDirective in element).map((element) => element[key]));
  const kept = original.filter((element) => !deleted.has(identityOf(element, key)));
  return orderElements(mergeElements(kept, changes, key, shape.element), changes, kept, key);
}

/** An element of a patched list of objects, which must be one and say which one. */
function checkedElement(element: unknown, key: string): JsonObject {
  if (!isObject(element)) throw badPatch('Invalid patch format of a list of objects');
  const directive = element[patchDirective];
  if (directive === 'replace') return element;
  if (directive === 'merge') throw badPatch('merging lists cannot yet be specified in the patch');
  if (directive !== undefined && directive !== 'delete') throw unknownPatchType(directive, element);
  if (element[key] === undefined || element[key] === null) throw noMergeKey(element, key);
  return element;
}

function mergeElements(
  original: readonly unknown[],
  changes: readonly JsonObject[],
  key: string,
  shape: Shape,
): unknown[] {
  const merged = [...original];
  const positions = new Map<unknown, number>();
  const remember = (element: unknown, at: number) => {
    const identity = identityOf(element, key);
    if (!positions.has(identity)) positions.set(identity, at);
  };
  for (const [at, element] of original.entries()) remember(element, at);
  for (const change of changes) {
    const at = positions.get(change[key]);
    const before = at === undefined ? undefined : merged[at];
    if (at !== undefined && isObject(before)) merged[at] = mergeObject(before, change, shape);
    else remember(change, merged.push(withoutDirectives(change)) - 1);
  }
  return merged;
}

function removeScalars(result: Map<string, unknown>, field: string, values: unknown): void {
  if (!Array.isArray(values) || field === '') throw badPatch('Invalid patch format of primitive list');
  const present = result.get(field);
  if (!Array.isArray(present)) return;
  const removed = new Set<unknown>(values);
  result.set(
    field,
    present.filter((element) => !removed.has(element)),
  );
}

import { isObject } from './directives.ts';

/** What tells the elements of a list apart: their merge key, or for a list of scalars the value itself. */
export function identityOf(element: unknown, mergeKey: string | undefined): unknown {
  return mergeKey !== undefined && isObject(element) ? element[mergeKey] : element;
}

/**
 * The merged list in the order Kubernetes gives it: elements that the patch names in the patch's order, the others in
 * their old order; where an element of one sort meets one of the other, their old order decides if both had one, and
 * else the element of the patch goes first.
 */
export function orderElements(
  merged: readonly unknown[],
  patchOrder: readonly unknown[],
  oldOrder: readonly unknown[],
  mergeKey: string | undefined,
): unknown[] {
  const rankInPatch = ranks(patchOrder, mergeKey);
  const rankBefore = ranks(oldOrder, mergeKey);
  const isNamed = (element: unknown) => rankInPatch.has(identityOf(element, mergeKey));
  const named = sortByRank(merged.filter(isNamed), rankInPatch, mergeKey);
  const others = sortByRank(
    merged.filter((element) => !isNamed(element)),
    rankBefore,
    mergeKey,
  );
  return interleave(others, named, (other, patched) => {
    const rankOfOther = rankBefore.get(identityOf(other, mergeKey));
    const rankOfPatched = rankBefore.get(identityOf(patched, mergeKey));
    return rankOfOther !== undefined && rankOfPatched !== undefined && rankOfOther < rankOfPatched;
  });
}

function ranks(order: readonly unknown[], mergeKey: string | undefined): Map<unknown, number> {
  const found = new Map<unknown, number>();
  for (const [rank, element] of order.entries()) {
    const identity = identityOf(element, mergeKey);
    if (!found.has(identity)) found.set(identity, rank);
  }
  return found;
}

function sortByRank(list: unknown[], order: ReadonlyMap<unknown, number>, mergeKey: string | undefined): unknown[] {
  const rank = (element: unknown) => order.get(identityOf(element, mergeKey)) ?? order.size;
  return list.sort((a, b) => rank(a) - rank(b));
}

function interleave(
  left: readonly unknown[],
  right: readonly unknown[],
  isLeftFirst: (left: unknown, right: unknown) => boolean,
): unknown[] {
  const all: unknown[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length && j < right.length) {
    if (isLeftFirst(left[i], right[j])) all.push(left[i++]);
    else all.push(right[j++]);
  }
  return [...all, ...left.slice(i), ...right.slice(j)];
}

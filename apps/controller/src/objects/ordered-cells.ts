import type { KubernetesObject, ObjectKey } from '@gantry/api-types';
import type { ObjectVersion } from './object-version.ts';

/** The place of one present object; its version changes, the cell stays. */
export interface Cell<T extends KubernetesObject> {
  readonly key: ObjectKey;
  readonly namespace: string;
  version: ObjectVersion<T>;
  /** The uid of the controlling owner. */
  ownerUid: string | undefined;
  isRemoved: boolean;
}

/** Removed cells that may stay in place; beyond it they are taken out once they are this share of those present. */
const fewRemoved = 64;
const mostRemovedShare = 1 / 4;

/**
 * Cells in key order, ordered when somebody looks: additions wait unsorted and removals stay in place until then, or until
 * there are many, and an update costs nothing but a new array of the same order. Arrays handed out never change.
 */
export class OrderedCells<T extends KubernetesObject> {
  #sorted: Cell<T>[] = [];
  #added: Cell<T>[] = [];
  #removed = 0;
  #versions: readonly ObjectVersion<T>[] | undefined;
  #objects: readonly T[] | undefined;

  get size(): number {
    return this.#sorted.length + this.#added.length - this.#removed;
  }

  add(cell: Cell<T>): void {
    this.#added.push(cell);
    this.invalidate();
  }

  /** The cell must be marked as removed. */
  remove(): void {
    this.#removed += 1;
    this.invalidate();
    // Nobody ever lists the events of most namespaces: what is gone there would be held for ever.
    if (this.#removed > fewRemoved && this.#removed > this.size * mostRemovedShare) this.#dropRemoved();
  }

  /** To be called when a cell has a new version. */
  invalidate(): void {
    this.#versions = undefined;
    this.#objects = undefined;
  }

  versions(): readonly ObjectVersion<T>[] {
    this.#versions ??= this.#order().map((cell) => cell.version);
    return this.#versions;
  }

  objects(): readonly T[] {
    this.#objects ??= this.#order().map((cell) => cell.version.object);
    return this.#objects;
  }

  #order(): readonly Cell<T>[] {
    if (this.#removed > 0) this.#dropRemoved();
    if (this.#added.length > 0) {
      this.#sorted = merge(this.#sorted, this.#added.sort(byKey));
      this.#added = [];
    }
    return this.#sorted;
  }

  #dropRemoved(): void {
    this.#sorted = this.#sorted.filter((cell) => !cell.isRemoved);
    this.#added = this.#added.filter((cell) => !cell.isRemoved);
    this.#removed = 0;
  }
}

/** Names are ASCII, for which JavaScript's order is the store's. */
export function byKey(a: { readonly key: ObjectKey }, b: { readonly key: ObjectKey }): number {
  if (a.key === b.key) return 0;
  return a.key < b.key ? -1 : 1;
}

function merge<C extends { readonly key: ObjectKey }>(a: readonly C[], b: readonly C[]): C[] {
  const merged: C[] = [];
  let next = 0;
  for (const cell of a) {
    for (let other = b[next]; other && other.key < cell.key; other = b[next]) {
      merged.push(other);
      next += 1;
    }
    merged.push(cell);
  }
  for (; next < b.length; next += 1) {
    const other = b[next];
    if (other) merged.push(other);
  }
  return merged;
}

import { type KubernetesObject, type ObjectKey, splitKey } from '@gantry/api-types';
import type { Lister } from '@gantry/core';
import type { ObjectVersion } from './object-version.ts';
import { type Cell, OrderedCells } from './ordered-cells.ts';

/** The present objects of one resource by key, by namespace and by controlling owner. */
export class ResourceIndex<T extends KubernetesObject> implements Lister<T> {
  readonly #cells = new Map<ObjectKey, Cell<T>>();
  readonly #all = new OrderedCells<T>();
  readonly #byNamespace = new Map<string, OrderedCells<T>>();
  readonly #byOwner = new Map<string, Set<Cell<T>>>();

  get size(): number {
    return this.#cells.size;
  }

  get(key: ObjectKey): T | undefined {
    return this.#cells.get(key)?.version.object;
  }

  /** Ordered by key, as {@link versions}. */
  list(namespace?: string): readonly T[] {
    return this.#cellsOf(namespace)?.objects() ?? [];
  }

  listByOwner(ownerUid: string): readonly T[] {
    const objects: T[] = [];
    for (const cell of this.#byOwner.get(ownerUid) ?? []) objects.push(cell.version.object);
    return objects;
  }

  version(key: ObjectKey): ObjectVersion<T> | undefined {
    return this.#cells.get(key)?.version;
  }

  versions(namespace?: string): readonly ObjectVersion<T>[] {
    return this.#cellsOf(namespace)?.versions() ?? [];
  }

  /** Adds or replaces; returns what was there. */
  put(version: ObjectVersion<T>): ObjectVersion<T> | undefined {
    const { key } = version;
    const ownerUid = controllerUid(version.object);
    const cell = this.#cells.get(key);
    if (!cell) {
      this.#add({ key, namespace: splitKey(key).namespace ?? '', version, ownerUid, isRemoved: false });
      return undefined;
    }
    const previous = cell.version;
    cell.version = version;
    this.#all.invalidate();
    this.#byNamespace.get(cell.namespace)?.invalidate();
    if (cell.ownerUid !== ownerUid) {
      this.#disown(cell);
      cell.ownerUid = ownerUid;
      this.#own(cell);
    }
    return previous;
  }

  /** Returns what was there. */
  remove(key: ObjectKey): ObjectVersion<T> | undefined {
    const cell = this.#cells.get(key);
    if (!cell) return undefined;
    cell.isRemoved = true;
    this.#cells.delete(key);
    this.#all.remove();
    const siblings = this.#byNamespace.get(cell.namespace);
    siblings?.remove();
    if (siblings?.size === 0) this.#byNamespace.delete(cell.namespace);
    this.#disown(cell);
    return cell.version;
  }

  #cellsOf(namespace: string | undefined): OrderedCells<T> | undefined {
    return namespace === undefined ? this.#all : this.#byNamespace.get(namespace);
  }

  #add(cell: Cell<T>): void {
    this.#cells.set(cell.key, cell);
    this.#all.add(cell);
    this.#own(cell);
    if (cell.namespace === '') return;
    let siblings = this.#byNamespace.get(cell.namespace);
    if (!siblings) {
      siblings = new OrderedCells();
      this.#byNamespace.set(cell.namespace, siblings);
    }
    siblings.add(cell);
  }

  #own(cell: Cell<T>): void {
    if (cell.ownerUid === undefined) return;
    const owned = this.#byOwner.get(cell.ownerUid);
    if (owned) owned.add(cell);
    else this.#byOwner.set(cell.ownerUid, new Set([cell]));
  }

  #disown(cell: Cell<T>): void {
    if (cell.ownerUid === undefined) return;
    const owned = this.#byOwner.get(cell.ownerUid);
    owned?.delete(cell);
    if (owned?.size === 0) this.#byOwner.delete(cell.ownerUid);
  }
}

function controllerUid({ metadata }: KubernetesObject): string | undefined {
  return metadata.ownerReferences?.find((owner) => owner.controller === true)?.uid;
}

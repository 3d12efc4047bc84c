import {
  type CompiledSelector,
  compileLabelSelector,
  type KubernetesObject,
  keyOf,
  type LabelSelector,
  type ObjectKey,
} from '@gantry/api-types';
import type { InformerEvent, Lister } from '@gantry/core';
import { controllerOf } from '@gantry/core/reconcile/owner-references';

/** The objects of a kind that no controller manages, by namespace: candidates for adoption. */
export class OrphanIndex<T extends KubernetesObject> {
  readonly #lister: Lister<T>;
  readonly #byNamespace = new Map<string, Set<ObjectKey>>();

  constructor(lister: Lister<T>) {
    this.#lister = lister;
  }

  observe(event: InformerEvent<T>): void {
    const { object } = event;
    const namespace = object.metadata.namespace ?? '';
    const isOrphan = event.type !== 'deleted' && controllerOf(object) === undefined;
    const keys = this.#byNamespace.get(namespace);
    if (isOrphan) {
      if (keys) keys.add(keyOf(object));
      else this.#byNamespace.set(namespace, new Set([keyOf(object)]));
    } else if (keys?.delete(keyOf(object)) && keys.size === 0) {
      this.#byNamespace.delete(namespace);
    }
  }

  list(namespace: string | undefined): readonly T[] {
    const found: T[] = [];
    for (const key of this.#byNamespace.get(namespace ?? '') ?? []) {
      const object = this.#lister.get(key);
      if (object) found.push(object);
    }
    return found;
  }
}

interface IndexedSelector {
  readonly source: LabelSelector;
  readonly compiled: CompiledSelector;
}

/** The label selectors of a kind's objects by namespace: who would care about an object with these labels. */
export class SelectorIndex<T extends KubernetesObject> {
  readonly #selectorOf: (object: T) => LabelSelector | undefined;
  readonly #byNamespace = new Map<string, Map<ObjectKey, IndexedSelector>>();

  /** `selectorOf` gives undefined for objects that select nothing. */
  constructor(selectorOf: (object: T) => LabelSelector | undefined) {
    this.#selectorOf = selectorOf;
  }

  observe(event: InformerEvent<T>): void {
    const key = keyOf(event.object);
    const namespace = event.object.metadata.namespace ?? '';
    const source = event.type === 'deleted' ? undefined : this.#selectorOf(event.object);
    const selectors = this.#byNamespace.get(namespace);
    if (!source) {
      if (selectors?.delete(key) && selectors.size === 0) this.#byNamespace.delete(namespace);
      return;
    }
    const entry = { source, compiled: compileLabelSelector(source) };
    if (selectors) selectors.set(key, entry);
    else this.#byNamespace.set(namespace, new Map([[key, entry]]));
  }

  /** Cheap for namespaces where nothing selects. */
  has(namespace: string | undefined): boolean {
    return this.#byNamespace.has(namespace ?? '');
  }

  /** The keys of objects whose selector matches the labels. */
  matching(namespace: string | undefined, labels: Readonly<Record<string, string>> | undefined): readonly ObjectKey[] {
    const selectors = this.#byNamespace.get(namespace ?? '');
    if (!selectors) return [];
    const found: ObjectKey[] = [];
    for (const [key, { compiled }] of selectors) if (compiled.matches(labels ?? {})) found.push(key);
    return found;
  }
}

import type { KubernetesObject, ObjectKey, ResourceName, ResourceTypes } from '@gantry/api-types';
import { keyOf } from '@gantry/api-types';
import type { Informer, InformerEvent, InformerSource } from '@gantry/core';

/** The watch cache as the feed sees it, for tests: objects in maps, changed by `put` and `remove`. */
export class FakeObjects implements InformerSource {
  readonly hasSynced = Promise.resolve();
  readonly #objects = new Map<ResourceName, Map<ObjectKey, KubernetesObject>>();
  readonly #handlers = new Map<ResourceName, Set<(event: InformerEvent<KubernetesObject>) => void>>();
  revision = 100;

  put<R extends ResourceName>(resource: R, object: ResourceTypes[R]): void {
    this.revision++;
    const held = this.#of(resource);
    const previous = held.get(keyOf(object));
    held.set(keyOf(object), object);
    this.#emit(resource, { type: previous ? 'modified' : 'added', object });
  }

  remove(resource: ResourceName, key: ObjectKey): void {
    const object = this.#of(resource).get(key);
    if (!object) return;
    this.revision++;
    this.#of(resource).delete(key);
    this.#emit(resource, { type: 'deleted', object });
  }

  /** How many handlers are subscribed, over all resources. */
  get subscriptions(): number {
    return [...this.#handlers.values()].reduce((sum, set) => sum + set.size, 0);
  }

  informer<R extends ResourceName>(resource: R): Informer<ResourceTypes[R]> {
    const held = this.#of(resource) as Map<ObjectKey, ResourceTypes[R]>;
    return {
      lister: {
        get: (key) => held.get(key),
        list: () => [...held.values()],
        listByOwner: (uid) =>
          [...held.values()].filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid)),
        get size() {
          return held.size;
        },
      },
      onEvent: (handler) => {
        const handlers = this.#handlers.get(resource) ?? new Set();
        this.#handlers.set(resource, handlers);
        const added = handler as (event: InformerEvent<KubernetesObject>) => void;
        for (const object of held.values()) handler({ type: 'added', object });
        handlers.add(added);
        return () => handlers.delete(added);
      },
    };
  }

  #of(resource: ResourceName): Map<ObjectKey, KubernetesObject> {
    const held = this.#objects.get(resource) ?? new Map();
    this.#objects.set(resource, held);
    return held;
  }

  #emit(resource: ResourceName, event: InformerEvent<KubernetesObject>): void {
    for (const handler of this.#handlers.get(resource) ?? []) handler(event);
  }
}

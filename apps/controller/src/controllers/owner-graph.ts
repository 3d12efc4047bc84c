import { type KubernetesObject, keyOf, type ResourceName } from '@gantry/api-types';
import type { InformerEvent } from '@gantry/core';
import { qualifiedKey } from './served-resources.ts';

/** Who depends on whom, by owner references. Holds only objects that have any. */
export class OwnerGraph {
  readonly #dependents = new Map<string, Set<string>>();

  /** Keeps the graph in step with one change of an object. */
  observe(resource: ResourceName, event: InformerEvent<KubernetesObject>): void {
    const before = event.previous?.metadata.ownerReferences;
    const after = event.type === 'deleted' ? undefined : event.object.metadata.ownerReferences;
    if (!before && !after && event.type !== 'deleted') return;
    const id = qualifiedKey(resource, keyOf(event.object));
    const gone =
      event.type === 'deleted' ? [...(before ?? []), ...(event.object.metadata.ownerReferences ?? [])] : before;
    const kept = new Set(after?.map(({ uid }) => uid));
    for (const { uid } of gone ?? []) if (!kept.has(uid)) this.#remove(uid, id);
    for (const uid of kept) this.#add(uid, id);
  }

  /** Qualified keys of the objects that name this uid as an owner. */
  dependentsOf(uid: string): readonly string[] {
    const dependents = this.#dependents.get(uid);
    return dependents ? [...dependents] : [];
  }

  #add(uid: string, id: string): void {
    const dependents = this.#dependents.get(uid);
    if (dependents) dependents.add(id);
    else this.#dependents.set(uid, new Set([id]));
  }

  #remove(uid: string, id: string): void {
    const dependents = this.#dependents.get(uid);
    if (dependents?.delete(id) && dependents.size === 0) this.#dependents.delete(uid);
  }
}

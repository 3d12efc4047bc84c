import { keyOf, type ObjectKey, type Pod } from '@gantry/api-types';
import type { InformerEvent, Lister } from '@gantry/core';

/** Which pods are bound to which node. */
export class PodsByNode {
  readonly #lister: Lister<Pod>;
  readonly #keys = new Map<string, Set<ObjectKey>>();

  constructor(lister: Lister<Pod>) {
    this.#lister = lister;
  }

  observe(event: InformerEvent<Pod>): void {
    const { object, previous } = event;
    const before = previous?.spec.nodeName;
    const after = event.type === 'deleted' ? undefined : object.spec.nodeName;
    if (before === after && event.type !== 'deleted') return;
    const key = keyOf(object);
    for (const node of [before, event.type === 'deleted' ? object.spec.nodeName : undefined]) {
      if (node) this.#remove(node, key);
    }
    if (after) this.#add(after, key);
  }

  list(nodeName: string): readonly Pod[] {
    const pods: Pod[] = [];
    for (const key of this.#keys.get(nodeName) ?? []) {
      const pod = this.#lister.get(key);
      if (pod?.spec.nodeName === nodeName) pods.push(pod);
    }
    return pods;
  }

  #add(node: string, key: ObjectKey): void {
    const keys = this.#keys.get(node);
    if (keys) keys.add(key);
    else this.#keys.set(node, new Set([key]));
  }

  #remove(node: string, key: ObjectKey): void {
    const keys = this.#keys.get(node);
    if (keys?.delete(key) && keys.size === 0) this.#keys.delete(node);
  }
}

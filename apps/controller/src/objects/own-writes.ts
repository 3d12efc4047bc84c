import type { KubernetesObject } from '@gantry/api-types';
import type { StoreEvent } from '@gantry/core';
import type { CachedObject } from './object-store.ts';

/** A write of this process that is under way. */
export interface OwnWrite {
  /** Absent for a deletion. */
  readonly text: string | undefined;
  /** The parsed form of `text`, until the cache takes it. */
  object: KubernetesObject | undefined;
  /** The versions of its key that appeared since it began. */
  readonly seen: CachedObject[];
}

/** Ties the store's events to the writes that caused them, so that what was just serialised is not parsed again. */
export class OwnWrites {
  readonly #byStoreKey = new Map<string, OwnWrite[]>();
  #onIdle: (() => void) | undefined;

  begin(storeKey: string, text?: string, object?: KubernetesObject): OwnWrite {
    const write: OwnWrite = { text, object, seen: [] };
    const others = this.#byStoreKey.get(storeKey);
    if (others) others.push(write);
    else this.#byStoreKey.set(storeKey, [write]);
    return write;
  }

  end(storeKey: string, write: OwnWrite): void {
    const writes = this.#byStoreKey.get(storeKey);
    if (!writes) return;
    if (writes.length > 1) writes.splice(writes.indexOf(write), 1);
    else this.#byStoreKey.delete(storeKey);
    if (this.#byStoreKey.size === 0) this.#onIdle?.();
  }

  /** The object of an event's value, where a write here holds it. Equal texts are equal objects, whoever wrote them. */
  takeObject({ key, value }: StoreEvent): KubernetesObject | undefined {
    const write = this.#byStoreKey.get(key)?.find((candidate) => candidate.object && candidate.text === value);
    const object = write?.object;
    // Only once: two versions must not share the object that carries their resourceVersion.
    if (write) write.object = undefined;
    return object;
  }

  /** Notes a new version for the writes of its key: one of them caused it and will ask for it by its revision. */
  show(storeKey: string, version: CachedObject): void {
    for (const write of this.#byStoreKey.get(storeKey) ?? []) write.seen.push(version);
  }

  /** Resolves once no write is under way. */
  whenIdle(): Promise<void> {
    if (this.#byStoreKey.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }
}

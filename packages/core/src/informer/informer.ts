import type { ObjectKey, ResourceName, ResourceTypes } from '@gantry/api-types';

/** Read access to a cache of one kind. Objects are shared: never mutate them. */
export interface Lister<T> {
  get(key: ObjectKey): T | undefined;
  /** All objects, or those of one namespace, in no particular order. */
  list(namespace?: string): readonly T[];
  /** Objects whose controller owner reference has this uid. */
  listByOwner(ownerUid: string): readonly T[];
  readonly size: number;
}

/** What happened to one object. `previous` is absent for the first sight of an object. */
export interface InformerEvent<T> {
  readonly type: 'added' | 'modified' | 'deleted';
  readonly object: T;
  readonly previous?: T;
}

/**
 * A cache of one kind plus its changes.
 * - `onEvent` first reports every present object as `added` (synchronously), then changes in revision order.
 * - Handlers run synchronously after the cache shows the change; they must be quick and must not throw.
 * - A handler may see a change twice or miss intermediate states: enqueue a key, read from the lister.
 */
export interface Informer<T> {
  readonly lister: Lister<T>;
  /** The returned function unsubscribes. */
  onEvent(handler: (event: InformerEvent<T>) => void): () => void;
}

/** The informers of a process, by resource. `hasSynced` resolves when the caches show the store's state. */
export interface InformerSource {
  informer<R extends ResourceName>(resource: R): Informer<ResourceTypes[R]>;
  readonly hasSynced: Promise<void>;
}

import type { KubernetesObject, ObjectKey, ResourceName, ResourceTypes } from '@gantry/api-types';
import type { InformerSource, StoreError } from '@gantry/core';

/**
 * The objects of all kinds: a typed layer over the durable store, with every present object held in memory (the watch
 * cache). It knows nothing of admission, defaults or HTTP; the API handlers above it do.
 *
 * Contract:
 * - Store keys are `/<resource name>/<namespace>/<name>` (namespace segment absent for cluster-scoped kinds).
 * - A write resolves after it is durable AND the cache shows it, so a process reads its own writes.
 * - Refusals of a write are `StoreError`s (`exists`, `conflict`).
 * - A writer gives up the object it hands over (the cache keeps it): it must be plain JSON data, without `undefined`.
 * - Objects, arrays and buffers handed out are shared: never mutate them.
 */
export interface ObjectStore extends InformerSource {
  /** The store revision the caches show: the `resourceVersion` of a list made now. */
  readonly revision: number;
  /** Watches and continue tokens below this are answered 410. */
  readonly oldestRevision: number;
  get<R extends ResourceName>(resource: R, key: ObjectKey): CachedObject<ResourceTypes[R]> | undefined;
  /** All objects (of a namespace), ordered by key. */
  list<R extends ResourceName>(resource: R, namespace?: string): readonly CachedObject<ResourceTypes[R]>[];
  /** A page as of an exact revision, for `limit`/`continue`: ordered by key, after `afterKey`. Rejects `compacted`. */
  listAt<R extends ResourceName>(
    resource: R,
    options: { namespace?: string; revision: number; limit: number; afterKey?: ObjectKey },
  ): Promise<{ items: readonly CachedObject<ResourceTypes[R]>[]; remaining: number }>;
  create<R extends ResourceName>(resource: R, object: ResourceTypes[R]): Promise<CachedObject<ResourceTypes[R]>>;
  update<R extends ResourceName>(
    resource: R,
    object: ResourceTypes[R],
    expectedRevision: number,
  ): Promise<CachedObject<ResourceTypes[R]>>;
  /** Resolves to the last state, carrying the deletion's own revision. */
  delete<R extends ResourceName>(
    resource: R,
    key: ObjectKey,
    expectedRevision: number,
  ): Promise<CachedObject<ResourceTypes[R]>>;
  /**
   * Events after `fromRevision`, in order, replay first then live without a gap. Throws `StoreError` `compacted` where
   * the revision is no longer retained and `future` where it is newer than the cache.
   */
  watch<R extends ResourceName>(
    resource: R,
    options: WatchOptions,
    sink: WatchSink<ResourceTypes[R]>,
  ): Promise<() => void>;
  /** Resolves when writes under way are done and nothing more is delivered. The store stays open: it is its opener's. */
  close(): Promise<void>;
}

export type { StoreError };

/** One version of an object. */
export interface CachedObject<T extends KubernetesObject = KubernetesObject> {
  readonly key: ObjectKey;
  /** Parsed, with `metadata.resourceVersion` set. */
  readonly object: T;
  readonly revision: number;
  /** The JSON text of `object` in UTF-8, made once: what GET, LIST and watch send. */
  readonly bytes: Buffer;
}

export interface WatchOptions {
  readonly namespace?: string;
  readonly fromRevision: number;
}

/** A change as the watch protocol needs it: `previous` is what selector transitions are decided on. */
export interface ObjectEvent<T extends KubernetesObject = KubernetesObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** The new state; for DELETED the last state, carrying the deletion's revision. */
  readonly current: CachedObject<T>;
  readonly previous: CachedObject<T> | undefined;
  /** The line a watch without selectors sends, `{"type":…,"object":…}` and a newline: made once for all watchers. */
  readonly wireBytes: Buffer;
}

/** Receives events synchronously, in order, one call per commit; must be quick and not throw. A slow consumer is the sink's owner's problem to close. */
export interface WatchSink<T extends KubernetesObject = KubernetesObject> {
  onEvents(events: readonly ObjectEvent<T>[]): void;
}

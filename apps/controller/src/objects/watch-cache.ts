import { type KubernetesObject, keyOf, type ObjectKey, type ResourceName } from '@gantry/api-types';
import type { Clock, Informer, Logger, Store, StoreEvent } from '@gantry/core';
import { checkRetained, closedError } from '@gantry/core/store/refusals';
import { startCompaction } from './compaction.ts';
import type { RingLimits } from './event-ring.ts';
import { loadObjects } from './load-objects.ts';
import type { CachedObject, ObjectEvent, ObjectStore, WatchOptions, WatchSink } from './object-store.ts';
import { toStored } from './object-version.ts';
import { type OwnWrite, OwnWrites } from './own-writes.ts';
import { pageOf, readPage } from './pages.ts';
import { replayHistory } from './replay-history.ts';
import { ResourceCache } from './resource-cache.ts';
import { parseStoreKey, storeKeyOf } from './store-keys.ts';

export interface ObjectStoreOptions {
  readonly store: Store;
  /** The resources that are served; what else the store holds is left alone. */
  readonly resources: readonly ResourceName[];
  readonly logger: Logger;
  readonly clock: Clock;
  /** How much of each resource's recent past is held in memory. */
  readonly ring?: RingLimits;
  /** Freeze what is handed out, to find who mutates it. Default: whether GANTRY_FREEZE is set. */
  readonly isFrozen?: boolean;
}

/** Some seconds of a storm, minutes of a busy cluster; older changes are read from the store. */
const defaultRing: RingLimits = { maxEvents: 1024, maxBytes: 2 * 1024 * 1024 };

/** Loads all objects and follows the store from there. Rejects where the store cannot be read. */
export async function openObjectStore(options: ObjectStoreOptions): Promise<ObjectStore> {
  const { store, resources, logger, ring = defaultRing, isFrozen = Boolean(process.env.GANTRY_FREEZE) } = options;
  const revision = store.currentRevision;
  const caches = new Map<string, AnyCache>();
  for (const resource of resources) {
    const cache: AnyCache = new ResourceCache({ revision, isFrozen, ring, logger });
    await loadObjects({ store, resource, revision, cache, logger });
    caches.set(resource, cache);
  }
  const objects = new WatchCache(caches, revision, options);
  await objects.follow();
  return objects as unknown as ObjectStore;
}

type AnyCache = ResourceCache<KubernetesObject>;

/** The object store without the per-resource types, which only exist at compile time. */
class WatchCache {
  readonly hasSynced = Promise.resolve();
  readonly #store: Store;
  readonly #caches: ReadonlyMap<string, AnyCache>;
  readonly #logger: Logger;
  readonly #ownWrites = new OwnWrites();
  readonly #abort = new AbortController();
  readonly #stopCompaction: () => Promise<void>;
  #revision: number;
  #isClosed = false;

  constructor(caches: ReadonlyMap<string, AnyCache>, revision: number, { store, clock, logger }: ObjectStoreOptions) {
    this.#caches = caches;
    this.#store = store;
    this.#logger = logger;
    this.#revision = revision;
    this.#stopCompaction = startCompaction({ store, clock, logger });
  }

  get revision(): number {
    return this.#revision;
  }

  get oldestRevision(): number {
    return this.#store.compactedRevision;
  }

  /** Subscribes to the store; resolves when the caches show its present state. */
  follow(): Promise<void> {
    return this.#store.watch('', this.#revision, (events) => this.#onEvents(events), this.#abort.signal);
  }

  get(resource: ResourceName, key: ObjectKey): CachedObject | undefined {
    return this.#cacheOf(resource).lister.version(key);
  }

  list(resource: ResourceName, namespace?: string): readonly CachedObject[] {
    return this.#cacheOf(resource).lister.versions(namespace);
  }

  informer(resource: ResourceName): Informer<KubernetesObject> {
    return this.#cacheOf(resource);
  }

  async listAt(resource: ResourceName, options: Parameters<ObjectStore['listAt']>[1]) {
    this.#checkRetained(options.revision);
    const cache = this.#cacheOf(resource);
    const inMemory = cache.versionsAt(options.revision, options.namespace);
    return inMemory ? pageOf(inMemory, options) : await readPage(this.#store, { ...options, resource, cache });
  }

  create(resource: ResourceName, object: KubernetesObject): Promise<CachedObject> {
    return this.#put(resource, object, (key, text) => this.#store.create(key, text));
  }

  update(resource: ResourceName, object: KubernetesObject, expectedRevision: number): Promise<CachedObject> {
    return this.#put(resource, object, (key, text) => this.#store.update(key, text, expectedRevision));
  }

  async delete(resource: ResourceName, key: ObjectKey, expectedRevision: number): Promise<CachedObject> {
    const storeKey = storeKeyOf(resource, key);
    const write = this.#ownWrites.begin(storeKey);
    return await this.#write(storeKey, write, () => this.#store.delete(storeKey, expectedRevision));
  }

  async watch(resource: ResourceName, options: WatchOptions, sink: WatchSink): Promise<() => void> {
    if (this.#isClosed) throw closedError();
    this.#checkRetained(options.fromRevision);
    const cache = this.#cacheOf(resource);
    let { fromRevision } = options;
    // The check and the subscription must be in one turn: a commit in between could push the ring beyond.
    while (!cache.reachesBackTo(fromRevision)) {
      fromRevision = await replayHistory(this.#store, { ...options, fromRevision, resource, cache, sink });
    }
    return cache.subscribe({ ...options, fromRevision }, sink);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#ownWrites.whenIdle();
    this.#abort.abort();
    for (const cache of this.#caches.values()) cache.close();
    await this.#stopCompaction();
  }

  async #put(
    resource: ResourceName,
    object: KubernetesObject,
    send: (storeKey: string, text: string) => Promise<number>,
  ): Promise<CachedObject> {
    const stored = toStored(object);
    const text = JSON.stringify(stored);
    const storeKey = storeKeyOf(resource, keyOf(stored));
    return await this.#write(storeKey, this.#ownWrites.begin(storeKey, text, stored), () => send(storeKey, text));
  }

  /** Sends a write and waits for it; the cache shows it before its promise resolves. */
  async #write(storeKey: string, write: OwnWrite, send: () => Promise<number>): Promise<CachedObject> {
    try {
      if (this.#isClosed) throw closedError();
      const revision = await send();
      const version = write.seen.find((candidate) => candidate.revision === revision);
      if (!version) throw new Error(`the store answered ${storeKey} at ${revision} before telling its watchers`);
      return version;
    } finally {
      this.#ownWrites.end(storeKey, write);
    }
  }

  /** One commit: first the caches show all of it, then subscribers hear of it. */
  #onEvents(events: readonly StoreEvent[]): void {
    const changes = new Map<AnyCache, ObjectEvent[]>();
    for (const event of events) {
      const { resource, key } = parseStoreKey(event.key);
      const cache = this.#caches.get(resource);
      const change = cache && this.#show(cache, key, event);
      if (!change) continue;
      const others = changes.get(cache);
      if (others) others.push(change);
      else changes.set(cache, [change]);
    }
    this.#revision = events.at(-1)?.revision ?? this.#revision;
    for (const [cache, list] of changes) cache.publish(list);
  }

  #show(cache: AnyCache, key: ObjectKey, event: StoreEvent): ObjectEvent | undefined {
    const { revision, value: text } = event;
    try {
      if (event.type === 'deleted') {
        const change = cache.remove({ key, revision, text });
        if (change) this.#ownWrites.show(event.key, change.current);
        return change;
      }
      const object = this.#ownWrites.takeObject(event) ?? (JSON.parse(text) as KubernetesObject);
      const change = cache.put({ key, revision, text, object });
      this.#ownWrites.show(event.key, change.current);
      return change;
    } catch (err) {
      this.#logger.error({ err, key: event.key, revision }, 'left out of the watch cache: not a Kubernetes object');
      return undefined;
    }
  }

  #cacheOf(resource: ResourceName): AnyCache {
    const cache = this.#caches.get(resource);
    if (!cache) throw new Error(`the object store does not serve ${resource}`);
    return cache;
  }

  #checkRetained(revision: number): void {
    checkRetained(revision, { currentRevision: this.#revision, compactedRevision: this.oldestRevision });
  }
}

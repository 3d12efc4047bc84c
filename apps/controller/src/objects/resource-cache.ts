import type { KubernetesObject, ObjectKey } from '@gantry/api-types';
import type { Informer, InformerEvent, Logger } from '@gantry/core';
import { EventRing, type RingLimits } from './event-ring.ts';
import type { CachedObject, ObjectEvent, WatchSink } from './object-store.ts';
import { ObjectVersion, type VersionSource } from './object-version.ts';
import { byKey } from './ordered-cells.ts';
import { ResourceIndex } from './resource-index.ts';

export interface ResourceCacheOptions {
  /** The revision the first loaded state is at. */
  readonly revision: number;
  readonly isFrozen: boolean;
  readonly ring: RingLimits;
  readonly logger: Logger;
}

interface Watcher<T extends KubernetesObject> {
  readonly namespace: string | undefined;
  readonly sink: WatchSink<T>;
  isActive: boolean;
}

interface InformerHandler<T> {
  readonly handle: (event: InformerEvent<T>) => void;
  isActive: boolean;
}

const informerTypes = { ADDED: 'added', MODIFIED: 'modified', DELETED: 'deleted' } as const;

/** One resource of the watch cache: its present objects, its latest events, and who wants to hear of them. */
export class ResourceCache<T extends KubernetesObject> implements Informer<T> {
  readonly lister = new ResourceIndex<T>();
  readonly #options: ResourceCacheOptions;
  readonly #ring: EventRing<ObjectEvent<T>>;
  // Replaced, never changed, so that who subscribes during a delivery does not get that delivery.
  #watchers: readonly Watcher<T>[] = [];
  #handlers: readonly InformerHandler<T>[] = [];

  constructor(options: ResourceCacheOptions) {
    this.#options = options;
    this.#ring = new EventRing(options.revision, options.ring);
  }

  /** A version that is not (or no longer) the present one. */
  versionOf(type: ObjectEvent['type'], source: VersionSource<T>): ObjectVersion<T> {
    return new ObjectVersion(type, source, this.#options.isFrozen);
  }

  /** Takes in a stored object at start. */
  load(source: VersionSource<T>): void {
    this.lister.put(this.versionOf('ADDED', source));
  }

  /** Shows a creation or update. Nobody is told before {@link publish}. */
  put(source: VersionSource<T>): ObjectEvent<T> {
    const type = this.lister.version(source.key) ? 'MODIFIED' : 'ADDED';
    const current = this.versionOf(type, source);
    const previous = this.lister.put(current);
    return this.#record({ type, current, previous, wireBytes: current.wireBytes });
  }

  /** Shows a deletion; `source` holds the last text and the deletion's revision. Undefined where nothing was there. */
  remove(source: VersionSource<T>): ObjectEvent<T> | undefined {
    const previous = this.lister.remove(source.key);
    if (!previous) return undefined;
    const object = { ...previous.object, metadata: { ...previous.object.metadata } };
    const current = this.versionOf('DELETED', { ...source, object });
    return this.#record({ type: 'DELETED', current, previous, wireBytes: current.wireBytes });
  }

  /** Tells informers, then watchers, of one commit's events. */
  publish(events: readonly ObjectEvent<T>[]): void {
    this.#informHandlers(events);
    const byNamespace = new Map<string, readonly ObjectEvent<T>[]>();
    for (const { sink, namespace, isActive } of this.#watchers) {
      if (!isActive) continue;
      let wanted = namespace === undefined ? events : byNamespace.get(namespace);
      if (!wanted) {
        wanted = ofNamespace(events, namespace);
        if (namespace !== undefined) byNamespace.set(namespace, wanted);
      }
      if (wanted.length > 0) this.#guard(() => sink.onEvents(wanted));
    }
    // The ring keeps these for watches that begin in the past, which are few.
    for (const { type, current, previous } of events) {
      forget(previous);
      if (type === 'DELETED') forget(current);
    }
  }

  /** Whether {@link subscribe} can replay from `revision`. */
  reachesBackTo(revision: number): boolean {
    return revision >= this.#ring.startRevision;
  }

  /** Delivers what the ring holds after `fromRevision`, then live events. The returned function ends it. */
  subscribe(options: { namespace?: string; fromRevision: number }, sink: WatchSink<T>): () => void {
    const { namespace, fromRevision } = options;
    const missed = ofNamespace(this.#ring.after(fromRevision), namespace);
    const watcher: Watcher<T> = { namespace, sink, isActive: true };
    this.#watchers = [...this.#watchers, watcher];
    if (missed.length > 0) this.#guard(() => sink.onEvents(missed));
    return () => {
      watcher.isActive = false;
      this.#watchers = this.#watchers.filter((other) => other !== watcher);
    };
  }

  onEvent(handle: (event: InformerEvent<T>) => void): () => void {
    const handler: InformerHandler<T> = { handle, isActive: true };
    const present = this.lister.list();
    this.#handlers = [...this.#handlers, handler];
    for (const object of present) if (handler.isActive) this.#guard(() => handle({ type: 'added', object }));
    return () => {
      handler.isActive = false;
      this.#handlers = this.#handlers.filter((other) => other !== handler);
    };
  }

  /** The objects as of `revision`, by undoing what happened since. Undefined where the ring does not reach back so far. */
  versionsAt(revision: number, namespace: string | undefined): readonly CachedObject<T>[] | undefined {
    if (!this.reachesBackTo(revision)) return undefined;
    const before = new Map<ObjectKey, CachedObject<T> | undefined>();
    for (const { current, previous } of ofNamespace(this.#ring.after(revision), namespace)) {
      if (!before.has(current.key)) before.set(current.key, previous);
    }
    const present: readonly CachedObject<T>[] = this.lister.versions(namespace);
    if (before.size === 0) return present;
    const unchanged = present.filter((version) => !before.has(version.key));
    const restored = [...before.values()].filter((version) => version !== undefined);
    return [...unchanged, ...restored].sort(byKey);
  }

  /** Ends all deliveries. */
  close(): void {
    for (const subscriber of [...this.#watchers, ...this.#handlers]) subscriber.isActive = false;
    this.#watchers = [];
    this.#handlers = [];
  }

  #record(event: ObjectEvent<T>): ObjectEvent<T> {
    this.#ring.push(event);
    return event;
  }

  #informHandlers(events: readonly ObjectEvent<T>[]): void {
    const handlers = this.#handlers;
    if (handlers.length === 0) return;
    for (const event of events) {
      const change = toInformerEvent(event);
      for (const handler of handlers) if (handler.isActive) this.#guard(() => handler.handle(change));
    }
  }

  /** A subscriber that breaks its promise not to throw must not keep the others from hearing. */
  #guard(deliver: () => void): void {
    try {
      deliver();
    } catch (err) {
      this.#options.logger.error({ err }, 'a subscriber of the watch cache failed');
    }
  }
}

function forget(version: CachedObject | undefined): void {
  if (version instanceof ObjectVersion) version.forgetObject();
}

function ofNamespace<T extends KubernetesObject>(
  events: readonly ObjectEvent<T>[],
  namespace: string | undefined,
): readonly ObjectEvent<T>[] {
  if (namespace === undefined) return events;
  const prefix = `${namespace}/`;
  return events.filter((event) => event.current.key.startsWith(prefix));
}

function toInformerEvent<T extends KubernetesObject>({ type, current, previous }: ObjectEvent<T>): InformerEvent<T> {
  const change = { type: informerTypes[type], object: current.object };
  return previous ? { ...change, previous: previous.object } : change;
}

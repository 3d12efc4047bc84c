import type { KubernetesObject, ResourceName } from '@gantry/api-types';
import type { Store, StoreEvent } from '@gantry/core';
import type { ObjectEvent, WatchOptions, WatchSink } from './object-store.ts';
import type { ResourceCache } from './resource-cache.ts';
import { parseStoreKey, storePrefixOf } from './store-keys.ts';

/** Revisions per read of the store, so that a watcher from far back does not hold up others. */
const replayStep = 1000;

const eventTypes = { created: 'ADDED', updated: 'MODIFIED', deleted: 'DELETED' } as const;

export interface ReplayOptions extends WatchOptions {
  readonly resource: ResourceName;
  readonly cache: ResourceCache<KubernetesObject>;
  readonly sink: WatchSink;
}

/**
 * Delivers from the store some of what the cache's ring no longer holds. Resolves to the revision it came to. Rejects
 * `compacted` where history ended meanwhile.
 */
export async function replayHistory(store: Store, options: ReplayOptions): Promise<number> {
  const { resource, namespace, fromRevision, cache, sink } = options;
  const upTo = Math.min(fromRevision + replayStep, store.currentRevision);
  const history = await store.history(storePrefixOf(resource, namespace), fromRevision, upTo);
  if (history.length > 0) sink.onEvents(history.map((event) => toObjectEvent(cache, event)));
  return upTo;
}

function toObjectEvent(cache: ResourceCache<KubernetesObject>, event: StoreEvent): ObjectEvent {
  const { revision, value, previousValue, previousRevision } = event;
  const { key } = parseStoreKey(event.key);
  const type = eventTypes[event.type];
  const current = cache.versionOf(type, { key, revision, text: value });
  const text = event.type === 'deleted' ? value : previousValue;
  const previous =
    text === undefined ? undefined : cache.versionOf('MODIFIED', { key, revision: previousRevision ?? 0, text });
  return { type, current, previous, wireBytes: current.wireBytes };
}

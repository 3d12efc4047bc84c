import type { KubernetesObject, ObjectKey, ResourceName } from '@gantry/api-types';
import type { Store } from '@gantry/core';
import type { CachedObject } from './object-store.ts';
import type { ResourceCache } from './resource-cache.ts';
import { parseStoreKey, storeKeyOf, storePrefixOf } from './store-keys.ts';

export interface PageOptions {
  readonly namespace?: string;
  readonly revision: number;
  readonly limit: number;
  readonly afterKey?: ObjectKey;
}

export interface Page {
  readonly items: readonly CachedObject[];
  readonly remaining: number;
}

/** The part of an ordered list that `options` ask for. */
export function pageOf(ordered: readonly CachedObject[], { limit, afterKey }: PageOptions): Page {
  const start = afterKey === undefined ? 0 : indexAfter(ordered, afterKey);
  const items = ordered.slice(start, Math.min(start + limit, ordered.length));
  return { items, remaining: ordered.length - start - items.length };
}

/** A page from the store's history; versions that the cache still shows are shared with it. */
export async function readPage(
  store: Store,
  options: PageOptions & { readonly resource: ResourceName; readonly cache: ResourceCache<KubernetesObject> },
): Promise<Page> {
  const { resource, namespace, revision, limit, afterKey, cache } = options;
  const { records, remaining } = await store.list(storePrefixOf(resource, namespace), {
    revision,
    limit,
    ...(afterKey === undefined ? {} : { afterKey: storeKeyOf(resource, afterKey) }),
  });
  const items = records.map((record) => {
    const { key } = parseStoreKey(record.key);
    const present = cache.lister.version(key);
    if (present?.revision === record.revision) return present;
    return cache.versionOf('ADDED', { key, revision: record.revision, text: record.value });
  });
  return { items, remaining };
}

/** Bisection: pages of a long list must not each walk it from the start. */
function indexAfter(ordered: readonly CachedObject[], key: ObjectKey): number {
  let low = 0;
  let high = ordered.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ordered[middle]?.key ?? '') > key) high = middle;
    else low = middle + 1;
  }
  return low;
}

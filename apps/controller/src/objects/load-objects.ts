import type { KubernetesObject, ResourceName } from '@gantry/api-types';
import type { Logger, Store } from '@gantry/core';
import type { ResourceCache } from './resource-cache.ts';
import { parseStoreKey, storePrefixOf } from './store-keys.ts';

export interface LoadOptions {
  readonly store: Store;
  readonly resource: ResourceName;
  readonly revision: number;
  readonly cache: ResourceCache<KubernetesObject>;
  readonly logger: Logger;
}

/** Records per read: a few milliseconds of work on either thread. */
const pageSize = 500;

/** Fills the cache with a resource's objects as of the revision. What is no object is reported and left out. */
export async function loadObjects({ store, resource, revision, cache, logger }: LoadOptions): Promise<void> {
  let afterKey: string | undefined;
  for (;;) {
    const position = afterKey === undefined ? {} : { afterKey };
    const page = await store.list(storePrefixOf(resource, undefined), { revision, limit: pageSize, ...position });
    for (const record of page.records) {
      try {
        const object = JSON.parse(record.value) as KubernetesObject;
        const { key } = parseStoreKey(record.key);
        cache.load({ key, revision: record.revision, text: record.value, object });
      } catch (err) {
        logger.error({ err, key: record.key }, 'left out of the watch cache: not a Kubernetes object');
      }
    }
    if (page.remaining === 0) return;
    afterKey = page.records.at(-1)?.key;
  }
}

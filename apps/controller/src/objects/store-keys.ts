import type { ObjectKey, ResourceName } from '@gantry/api-types';

/** `/pods/default/web-0`, `/nodes/node-1`. */
export function storeKeyOf(resource: ResourceName, key: ObjectKey): string {
  return `/${resource}/${key}`;
}

/** What the store keys of a resource (in a namespace) start with. */
export function storePrefixOf(resource: ResourceName, namespace: string | undefined): string {
  return namespace === undefined ? `/${resource}/` : `/${resource}/${namespace}/`;
}

/** The inverse of {@link storeKeyOf}. The resource may be one that is not served. */
export function parseStoreKey(storeKey: string): { resource: string; key: ObjectKey } {
  const slash = storeKey.indexOf('/', 1);
  return { resource: storeKey.slice(1, slash), key: storeKey.slice(slash + 1) };
}

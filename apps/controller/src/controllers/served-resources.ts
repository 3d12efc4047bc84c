import { apiVersionOf, type ObjectKey, type ResourceName, resourceName } from '@gantry/api-types';
import { kinds } from '@gantry/api-types/kinds';

/** What the controllers that deal with every kind need to know of one. */
export interface ServedResource {
  readonly resource: ResourceName;
  readonly group: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly isNamespaced: boolean;
}

/** Every served kind. */
export const servedResources: readonly ServedResource[] = kinds.map((kind) => ({
  // The list of kinds and ResourceTypes are kept in step by api-types' own tests.
  resource: resourceName(kind) as ResourceName,
  group: kind.group,
  apiVersion: apiVersionOf(kind),
  kind: kind.kind,
  isNamespaced: kind.isNamespaced,
}));

const byGroupKind: ReadonlyMap<string, ServedResource> = new Map(
  servedResources.map((served) => [`${served.group}/${served.kind}`, served]),
);

/** The kind that an owner reference names, in whatever version; undefined for one that is not served. */
export function findServedResource(apiVersion: string, kind: string): ServedResource | undefined {
  const slash = apiVersion.indexOf('/');
  return byGroupKind.get(`${slash < 0 ? '' : apiVersion.slice(0, slash)}/${kind}`);
}

/** An object of any kind, as a queue key: `resource|namespace/name`. */
export function qualifiedKey(resource: ResourceName, key: ObjectKey): string {
  return `${resource}|${key}`;
}

/** The inverse of {@link qualifiedKey}. */
export function splitQualifiedKey(qualified: string): { readonly resource: ResourceName; readonly key: ObjectKey } {
  const bar = qualified.indexOf('|');
  // Only qualifiedKey makes these.
  return { resource: qualified.slice(0, bar) as ResourceName, key: qualified.slice(bar + 1) };
}

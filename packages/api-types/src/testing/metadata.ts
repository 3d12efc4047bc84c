import type { ObjectMeta, OwnerReference } from '../generated/types.ts';

/** What every builder takes. The result is a complete object as the server would show it; nothing is random. */
export interface MetadataOptions {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly generation?: number;
  readonly resourceVersion?: string;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly finalizers?: string[];
  readonly ownerReferences?: OwnerReference[];
}

/** The moment all built objects were created at, unless a test says otherwise. */
export const builtAt = '2026-01-01T00:00:00Z';

/** Metadata as the server fills it in; the uid is derived from the names, so that it is stable and unique. */
export function makeMetadata(kind: string, options: MetadataOptions & { readonly isNamespaced: boolean }): ObjectMeta {
  const { isNamespaced, name = kind.toLowerCase(), namespace = 'default', uid, ...rest } = options;
  const place = isNamespaced ? `${namespace}-${name}` : name;
  return {
    name,
    ...(isNamespaced ? { namespace } : {}),
    uid: uid ?? `${kind.toLowerCase()}-${place}`,
    resourceVersion: '1',
    creationTimestamp: builtAt,
    ...pick(rest, [
      'labels',
      'annotations',
      'generation',
      'resourceVersion',
      'creationTimestamp',
      'deletionTimestamp',
      'finalizers',
      'ownerReferences',
    ]),
  };
}

/** The given properties where they are set. */
export function pick<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Partial<Pick<T, K>> {
  const result: Partial<Pick<T, K>> = {};
  for (const key of keys) if (from[key] !== undefined) result[key] = from[key];
  return result;
}

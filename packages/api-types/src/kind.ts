import type { FieldError } from './errors.ts';
import type { KubernetesObject } from './resources.ts';

/** One column of a server-side Table (`kubectl get`). `priority` 1 shows with `-o wide` only. */
export interface PrinterColumn<T> {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format?: 'name';
  readonly description: string;
  readonly priority?: 0 | 1;
  /** The cell. `now` is for ages (`5m`, `3d4h`), which the server writes as text. */
  readonly value: (object: T, now: Date) => string | number | boolean;
}

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** A subresource whose body is the whole object, of which only a part may change. */
export type PartialSubresource = 'ephemeralcontainers' | 'resize';

/** How an object is written through a {@link PartialSubresource}. */
export interface PartialUpdateRules<T> {
  /** Carries over from `previous` what this subresource may not change. */
  prepare(next: T, previous: T): void;
  /** What may not change of the part; the kind's own `validateUpdate` is not asked. */
  validate(next: T, previous: T): FieldError[];
}

/** A subresource as discovery lists it (`pods/status`). The handlers live in the controller. */
export interface SubresourceDefinition {
  readonly name:
    | 'status'
    | 'scale'
    | 'binding'
    | 'eviction'
    | 'log'
    | 'exec'
    | 'attach'
    | 'portforward'
    | 'proxy'
    | 'finalize'
    | 'token'
    | PartialSubresource;
  /** The kind of the body, which may be of another group (`autoscaling/v1` Scale). */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly verbs: readonly ('get' | 'create' | 'update' | 'patch')[];
}

/** Another version in which a kind's objects are served. They are stored, and dealt with, in the kind's own. */
export interface OtherVersion<T extends KubernetesObject = KubernetesObject> {
  readonly version: string;
  /** From an object of that version as a client sent it, which may lack parts. */
  toKind(object: KubernetesObject): T;
  /** To that version. The object is shared and stays as it is. */
  fromKind(object: T): KubernetesObject;
}

/**
 * A served kind, as one declarative file: names, schema, defaults, rules. Adding a kind means adding such a file to
 * `kinds/index.ts`. All functions are pure but for mutating the object they are handed, which the caller owns.
 */
export interface KindDefinition<T extends KubernetesObject = KubernetesObject> {
  readonly group: string;
  readonly version: string;
  /** Beside `version`, which clients are to prefer. */
  readonly otherVersions?: readonly OtherVersion<T>[];
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly isNamespaced: boolean;
  readonly verbs: readonly Verb[];
  readonly subresources: readonly SubresourceDefinition[];
  /** Kinds whose spec changes bump `metadata.generation`. */
  readonly hasGeneration: boolean;
  /** Deleted without a propagation policy, it leaves its dependents behind (Jobs, ReplicationControllers). */
  readonly orphansByDefault?: true;
  /** Whether an update without `metadata.resourceVersion` is accepted (most kinds) or 422 (`must be specified for an update`). */
  readonly allowsUnconditionalUpdate: boolean;
  /** Fills in what Kubernetes would, so that GET and diff show it. Runs on create, update and patch, before validation. */
  setDefaults(object: T): void;
  /** Drops what a creator may not set (status) and sets first values (`status.phase: Pending`). */
  prepareForCreate(object: T): void;
  /** Carries over what a writer of the main resource may not change (status) from `previous`. */
  prepareForUpdate(next: T, previous: T): void;
  /** Carries over everything but the status (and what else status writers may set) from `previous`. */
  prepareForStatusUpdate(next: T, previous: T): void;
  /** For the partial subresources that the kind declares. */
  readonly partialUpdates?: Readonly<Partial<Record<PartialSubresource, PartialUpdateRules<T>>>>;
  /** Kind-specific rules; ObjectMeta is validated by the generic handler. */
  validate(object: T): FieldError[];
  /** What may not change. */
  validateUpdate(next: T, previous: T): FieldError[];
  /** Name rules differ: dns-1123 subdomain for most kinds, dns-1123 label for namespaces, dns-1035 label for services. */
  readonly nameRule: 'subdomain' | 'label' | 'dns1035' | 'any';
  /** Beside `metadata.name` and `metadata.namespace`. */
  readonly selectableFields: Readonly<Record<string, (object: T) => string>>;
  readonly columns: readonly PrinterColumn<T>[];
}

/** `plural` or `plural.group`: the key of {@link ResourceTypes}. */
export function resourceName(kind: { plural: string; group: string }): string {
  return kind.group ? `${kind.plural}.${kind.group}` : kind.plural;
}

/** `v1`, `apps/v1`. */
export function apiVersionOf(kind: { group: string; version: string }): string {
  return kind.group ? `${kind.group}/${kind.version}` : kind.version;
}

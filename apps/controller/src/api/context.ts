import type { KindDefinition, KubernetesObject, ObjectKey, OtherVersion, ResourceName } from '@gantry/api-types';
import type { Clock, Logger } from '@gantry/core';
import type { IssueToken } from '../auth/token-issuer.ts';
import type { CachedObject, ObjectStore, WatchOptions, WatchSink } from '../objects/object-store.ts';
import type { NodeStreams } from '../sessions/node-streams.ts';
import type { Admission } from './admission/admission.ts';
import type { KindRegistry, ServedKind } from './registry.ts';

/** What every handler works with. Built once by `createApiServer`; holds no request state. */
export interface ApiContext {
  readonly objects: UntypedObjects;
  readonly registry: KindRegistry;
  readonly admission: Admission;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Absent where no tokens of service accounts are issued. */
  readonly issueToken: IssueToken | undefined;
  /** Absent until the agent sessions exist. */
  readonly nodeStreams: () => NodeStreams | undefined;
}

/**
 * {@link ObjectStore} as the generic handlers see it: one code path for all kinds, so the per-resource types are of no
 * use there. What goes in was decoded and validated by the kind that the resource names.
 */
export interface UntypedObjects {
  readonly revision: number;
  readonly oldestRevision: number;
  get(resource: ResourceName, key: ObjectKey): CachedObject | undefined;
  list(resource: ResourceName, namespace?: string): readonly CachedObject[];
  listAt(
    resource: ResourceName,
    options: { namespace?: string; revision: number; limit: number; afterKey?: ObjectKey },
  ): Promise<{ items: readonly CachedObject[]; remaining: number }>;
  create(resource: ResourceName, object: KubernetesObject): Promise<CachedObject>;
  update(resource: ResourceName, object: KubernetesObject, expectedRevision: number): Promise<CachedObject>;
  delete(resource: ResourceName, key: ObjectKey, expectedRevision: number): Promise<CachedObject>;
  watch(resource: ResourceName, options: WatchOptions, sink: WatchSink): Promise<() => void>;
}

/** The one place where the per-resource types of the object store are given up. */
export function untyped(objects: ObjectStore): UntypedObjects {
  return objects as unknown as UntypedObjects;
}

/** An object as the generic handlers see it. */
export interface AnyObject extends KubernetesObject {
  spec?: object;
  status?: object;
}

export type AnyKind = KindDefinition<AnyObject>;

export type AnyVersion = OtherVersion<AnyObject>;

/** One object a request is about. */
export interface Target {
  readonly kind: ServedKind;
  /** Undefined for cluster-scoped kinds. */
  readonly namespace: string | undefined;
  readonly name: string;
}

/** What a write answers with: the cached object, or for a dry run what would have been written. */
export type WrittenObject = Pick<CachedObject<AnyObject>, 'object' | 'bytes'>;

/** Options common to writes. */
export interface WriteOptions {
  readonly dryRun?: boolean;
}

/** The answer of a dry run. */
export function unsaved(object: AnyObject): WrittenObject {
  return { object, bytes: Buffer.from(JSON.stringify(object)) };
}

import {
  ApiError,
  type KubernetesObject,
  keyOf,
  type ObjectKey,
  objectKey,
  type ResourceName,
  type ResourceTypes,
  type Scale,
} from '@gantry/api-types';
import type { ApiClient, DeleteRequest, Informer, InformerEvent, InformerSource } from '@gantry/core';
import { formatTime } from '@gantry/core/lib/timestamp';
import type { FakeClock } from '@gantry/core/testing';
import { scaleOf } from '../../api/subresources/scale.ts';
import { servedResources } from '../served-resources.ts';

interface AnyObject extends KubernetesObject {
  spec?: object;
  status?: object;
}

/** One write as a test may want to refuse it. */
export interface AttemptedWrite {
  readonly verb: 'create' | 'update' | 'delete';
  readonly resource: ResourceName;
  readonly object: AnyObject;
}

/**
 * The API and its caches in memory, with what controllers rely on: uids, versions, generations, finalizers, grace periods
 * of bound pods, terminating namespaces. No validation and no defaults.
 */
export class FakeCluster {
  readonly client: ApiClient;
  readonly informers: InformerSource;
  /** Throws to refuse a write. */
  onWrite: (write: AttemptedWrite) => void = () => undefined;
  writes = 0;
  readonly #clock: FakeClock;
  readonly #tables = new Map<string, FakeTable>();
  #version = 0;

  constructor(clock: FakeClock) {
    this.#clock = clock;
    this.client = this.#createClient() as unknown as ApiClient;
    this.informers = {
      hasSynced: Promise.resolve(),
      informer: <R extends ResourceName>(resource: R) => this.#table(resource) as unknown as Informer<ResourceTypes[R]>,
    };
  }

  get<R extends ResourceName>(resource: R, key: ObjectKey): ResourceTypes[R] | undefined {
    return this.#table(resource).lister.get(key) as ResourceTypes[R] | undefined;
  }

  list<R extends ResourceName>(resource: R, namespace?: string): readonly ResourceTypes[R][] {
    return this.#table(resource).lister.list(namespace) as unknown as readonly ResourceTypes[R][];
  }

  /** Puts an object there as it is, metadata filled in where missing: what existed before the test. */
  seed<R extends ResourceName>(resource: R, object: object): ResourceTypes[R] {
    return this.#create(resource, object as AnyObject) as unknown as ResourceTypes[R];
  }

  #createClient() {
    return {
      get: async (resource: ResourceName, namespace: string | undefined, name: string) =>
        this.#find(resource, namespace, name),
      create: async (resource: ResourceName, object: AnyObject) => this.#attempt('create', resource, object),
      update: async (resource: ResourceName, object: AnyObject) => this.#update(resource, object, false),
      updateStatus: async (resource: ResourceName, object: AnyObject) => this.#update(resource, object, true),
      mergePatch: async (resource: ResourceName, namespace: string | undefined, name: string, patch: object) =>
        this.#update(resource, merge(this.#find(resource, namespace, name), patch) as AnyObject, false),
      getScale: async (resource: ResourceName, namespace: string, name: string) =>
        scaleOf(this.#find(resource, namespace, name)),
      updateScale: async (resource: ResourceName, namespace: string, { metadata, spec }: Scale) => {
        const present = this.#find(resource, namespace, metadata?.name ?? '');
        const { resourceVersion = '' } = metadata ?? {};
        const next = {
          ...present,
          metadata: { ...present.metadata, resourceVersion },
          spec: { ...present.spec, replicas: spec?.replicas ?? 0 },
        };
        return scaleOf(this.#update(resource, next, false));
      },
      delete: async (
        resource: ResourceName,
        namespace: string | undefined,
        name: string,
        options: DeleteRequest = {},
      ) => this.#delete(resource, this.#find(resource, namespace, name), options),
      finalizeNamespace: async (namespace: AnyObject) => this.#update('namespaces', namespace, false),
    };
  }

  #attempt(verb: 'create', resource: ResourceName, object: AnyObject): AnyObject {
    this.onWrite({ verb, resource, object });
    const namespace = this.get('namespaces', object.metadata.namespace ?? '');
    if (namespace?.metadata.deletionTimestamp) {
      const causes = [{ reason: 'NamespaceTerminating', message: '', field: 'metadata.namespace' }];
      throw new ApiError('Forbidden', 'namespace is being terminated', { causes });
    }
    return this.#create(resource, object);
  }

  #create(resource: ResourceName, object: AnyObject): AnyObject {
    this.#version += 1;
    const served = servedResources.find((other) => other.resource === resource);
    const name = object.metadata.name || `${object.metadata.generateName ?? ''}${this.#version}`;
    const table = this.#table(resource);
    if (table.lister.get(objectKey(object.metadata.namespace, name))) throw new ApiError('AlreadyExists', name);
    const created: AnyObject = {
      ...structuredClone(object),
      apiVersion: served?.apiVersion ?? '',
      kind: served?.kind ?? '',
      metadata: {
        generation: 1,
        ...object.metadata,
        // What tests seed may bring its own.
        uid: object.metadata.uid || `uid-${this.#version}`,
        creationTimestamp: object.metadata.creationTimestamp || formatTime(this.#clock.now()),
        name,
        resourceVersion: String(this.#version),
      },
    };
    if (resource === 'pods') created.status ??= { phase: 'Pending' };
    this.writes += 1;
    table.put(created);
    return created;
  }

  #update(resource: ResourceName, object: AnyObject, isStatus: boolean): AnyObject {
    this.onWrite({ verb: 'update', resource, object });
    const present = this.#find(resource, object.metadata.namespace, object.metadata.name);
    const { resourceVersion } = object.metadata;
    if (resourceVersion && resourceVersion !== present.metadata.resourceVersion)
      throw new ApiError('Conflict', 'stale');
    if (object.metadata.uid !== present.metadata.uid) throw new ApiError('Conflict', 'another uid');
    const wanted = isStatus ? { ...present, status: object.status ?? {} } : object;
    if (JSON.stringify(wanted) === JSON.stringify(present)) return present;
    this.#version += 1;
    const isSpecChanged = JSON.stringify(wanted.spec) !== JSON.stringify(present.spec);
    const generation = (present.metadata.generation ?? 0) + (isSpecChanged ? 1 : 0);
    const metadata = { ...wanted.metadata, generation, resourceVersion: String(this.#version) };
    const next = structuredClone({ ...wanted, metadata });
    this.writes += 1;
    this.#putOrRemove(resource, next);
    return next;
  }

  #delete(resource: ResourceName, present: AnyObject, options: DeleteRequest): void {
    this.onWrite({ verb: 'delete', resource, object: present });
    const { uid, resourceVersion } = options.preconditions ?? {};
    if (uid !== undefined && uid !== present.metadata.uid) throw new ApiError('Conflict', 'another uid');
    if (resourceVersion !== undefined && resourceVersion !== present.metadata.resourceVersion) {
      throw new ApiError('Conflict', 'another version');
    }
    const { nodeName } = (present.spec ?? {}) as { nodeName?: string };
    const grace = resource === 'pods' && nodeName ? (options.gracePeriodSeconds ?? 30) : 0;
    if (present.metadata.deletionTimestamp && grace >= (present.metadata.deletionGracePeriodSeconds ?? 0)) return;
    const policies = { Foreground: ['foregroundDeletion'], Orphan: ['orphan'], Background: [] };
    const own = (present.metadata.finalizers ?? []).filter((name) => !['foregroundDeletion', 'orphan'].includes(name));
    const { finalizers: _, ...rest } = present.metadata;
    const finalizers = options.propagationPolicy
      ? [...own, ...policies[options.propagationPolicy]]
      : (present.metadata.finalizers ?? []);
    this.#version += 1;
    this.writes += 1;
    const metadata = {
      ...rest,
      ...(finalizers.length > 0 ? { finalizers } : {}),
      resourceVersion: String(this.#version),
      deletionTimestamp: formatTime(this.#clock.now() + grace * 1000),
      deletionGracePeriodSeconds: grace,
    };
    this.#putOrRemove(resource, { ...present, metadata });
  }

  #putOrRemove(resource: ResourceName, object: AnyObject): void {
    const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
    const { finalizers: content = [] } = (object.spec ?? {}) as { finalizers?: string[] };
    const isHeld = (deletionGracePeriodSeconds ?? 0) > 0 || (finalizers?.length ?? 0) > 0 || content.length > 0;
    if (deletionTimestamp === undefined || isHeld) this.#table(resource).put(object);
    else this.#table(resource).remove(object);
  }

  #find(resource: ResourceName, namespace: string | undefined, name: string): AnyObject {
    const found = this.#table(resource).lister.get(objectKey(namespace, name));
    if (!found) throw new ApiError('NotFound', `${resource} "${name}" not found`);
    return found;
  }

  #table(resource: ResourceName): FakeTable {
    let table = this.#tables.get(resource);
    if (!table) {
      table = new FakeTable();
      this.#tables.set(resource, table);
    }
    return table;
  }
}

class FakeTable {
  readonly #objects = new Map<ObjectKey, AnyObject>();
  readonly #handlers = new Set<(event: InformerEvent<AnyObject>) => void>();
  readonly lister = {
    get: (key: ObjectKey) => this.#objects.get(key),
    list: (namespace?: string) =>
      [...this.#objects.values()].filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace),
    listByOwner: (uid: string) =>
      [...this.#objects.values()].filter(({ metadata }) =>
        metadata.ownerReferences?.some((reference) => reference.controller && reference.uid === uid),
      ),
  };

  onEvent(handler: (event: InformerEvent<AnyObject>) => void): () => void {
    for (const object of this.#objects.values()) handler({ type: 'added', object });
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  put(object: AnyObject): void {
    const previous = this.#objects.get(keyOf(object));
    this.#objects.set(keyOf(object), object);
    this.#report(previous ? { type: 'modified', object, previous } : { type: 'added', object });
  }

  remove(object: AnyObject): void {
    const previous = this.#objects.get(keyOf(object));
    this.#objects.delete(keyOf(object));
    this.#report({ type: 'deleted', object, ...(previous ? { previous } : {}) });
  }

  #report(event: InformerEvent<AnyObject>): void {
    for (const handler of this.#handlers) handler(event);
  }
}

function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const base = typeof target === 'object' && target !== null && !Array.isArray(target) ? target : {};
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merge(result[key], value);
  }
  return result;
}

import { ApiError, invalid, objectKey, type PartialSubresource } from '@gantry/api-types';
import type { CachedObject } from '../../objects/object-store.ts';
import type { AnyObject, ApiContext, Target, WriteOptions, WrittenObject } from '../context.ts';
import { unsaved } from '../context.ts';
import { conflict, isStoreError, notFound } from '../failures.ts';
import { isEqualJson } from '../json.ts';
import { revisionOf } from '../metadata.ts';
import { isReadyToRemove } from './deletion.ts';
import { validateForUpdate } from './validation.ts';

/** Which part of an object a write is for. `finalize` is the one way to change a Namespace's `spec.finalizers`. */
export type UpdateScope = 'main' | 'status' | 'finalize' | PartialSubresource;

export interface UpdateRequest extends WriteOptions {
  readonly target: Target;
  /** Decoded, owned by the callee. */
  readonly object: AnyObject;
  readonly scope?: UpdateScope;
}

/** How often a write that names no version is tried again when others write the same object. */
const maxConflictRetries = 16;

/** PUT: replaces the object, or its status. Conflict where `metadata.resourceVersion` is given and not the present one. */
export async function updateObject(api: ApiContext, request: UpdateRequest): Promise<WrittenObject> {
  const { target, object } = request;
  checkIdentity(target, object);
  const revision = revisionOf(object.metadata);
  const { definition } = target.kind;
  if (revision === undefined && !definition.allowsUnconditionalUpdate) {
    const message = 'Invalid value: 0: must be specified for an update';
    throw invalid(definition, target.name, [
      { field: 'metadata.resourceVersion', reason: 'FieldValueInvalid', message },
    ]);
  }
  return modifyObject(api, request, {
    expectedRevision: revision,
    // Each attempt fills the copy in against another previous state, so each needs its own.
    next: (_previous, attempt) => (attempt === 1 ? object : { ...object, metadata: { ...object.metadata } }),
  });
}

/** How {@link modifyObject} gets from the present state to the wanted one. */
export interface Modification {
  /** Refuse with Conflict where the present revision is another; without it, lost races are run again. */
  readonly expectedRevision?: number | undefined;
  /** The wanted state, owned by the caller of this; `previous` is shared. May throw `ApiError`. */
  next(previous: CachedObject<AnyObject>, attempt: number): AnyObject;
}

/** Read, change, write with compare-and-set: what PUT, PATCH and the writing subresources have in common. */
export async function modifyObject(
  api: ApiContext,
  request: Omit<UpdateRequest, 'object'>,
  modification: Modification,
): Promise<WrittenObject> {
  const { target } = request;
  const { kind, name } = target;
  const key = objectKey(target.namespace, name);
  const { expectedRevision } = modification;
  for (let attempt = 1; ; attempt += 1) {
    const previous = api.objects.get(kind.resource, key) as CachedObject<AnyObject> | undefined;
    if (!previous) throw notFound(kind, name);
    if (expectedRevision !== undefined && expectedRevision !== previous.revision) throw conflict(kind, name);
    const next = modification.next(previous, attempt);
    try {
      return await applyChange(api, request, next, previous);
    } catch (error) {
      if (!isStoreError(error, 'conflict')) throw error;
      if (expectedRevision !== undefined || attempt > maxConflictRetries) throw conflict(kind, name);
    }
  }
}

async function applyChange(
  api: ApiContext,
  request: Omit<UpdateRequest, 'object'>,
  next: AnyObject,
  previous: CachedObject<AnyObject>,
): Promise<WrittenObject> {
  const { kind } = request.target;
  const { definition } = kind;
  carryOverMetadata(next, previous.object);
  // Defaults first: from here on parts of `next` may be the cache's own.
  definition.setDefaults(next);
  prepare(request, next, previous.object);
  const onSettled = admitUpdate(api, request, next, previous.object);
  try {
    const errors = validateForUpdate(kind, next, previous.object, request.scope);
    if (errors.length > 0) throw invalid(definition, request.target.name, errors);
    if (definition.hasGeneration && !isEqualJson(next.spec, previous.object.spec)) {
      next.metadata.generation = (previous.object.metadata.generation ?? 0) + 1;
    }
    // A write that changes nothing must not make a version: controllers that write what they see would never rest.
    if (isEqualJson(next, previous.object)) return previous;
    if (request.dryRun) return unsaved(next);
    if (isReadyToRemove(next)) return await api.objects.delete(kind.resource, previous.key, previous.revision);
    return await api.objects.update(kind.resource, next, previous.revision);
  } finally {
    onSettled();
  }
}

/** Puts back what a write to this part of the object may not change. */
function prepare(
  { target, scope = 'main' }: Omit<UpdateRequest, 'object'>,
  next: AnyObject,
  previous: AnyObject,
): void {
  const { definition } = target.kind;
  if (scope === 'main') definition.prepareForUpdate(next, previous);
  else if (scope === 'status') definition.prepareForStatusUpdate(next, previous);
  else if (scope !== 'finalize') definition.partialUpdates?.[scope]?.prepare(next, previous);
}

/** Only the main resource has admission: nothing allocates or fills in what a part of it says. */
function admitUpdate(api: ApiContext, request: Omit<UpdateRequest, 'object'>, object: AnyObject, previous: AnyObject) {
  if (request.scope !== undefined && request.scope !== 'main') return () => undefined;
  return api.admission.admit({ operation: 'update', kind: request.target.kind, object, previous });
}

/** What only the server sets stays as it is; a writer may leave it out, but (validation) not change it. */
function carryOverMetadata(next: AnyObject, previous: AnyObject): void {
  const { metadata } = next;
  const before = previous.metadata;
  next.apiVersion = previous.apiVersion;
  next.kind = previous.kind;
  metadata.name ??= before.name;
  if (before.namespace !== undefined) metadata.namespace ||= before.namespace;
  metadata.uid ||= before.uid;
  metadata.creationTimestamp ||= before.creationTimestamp;
  metadata.resourceVersion = before.resourceVersion;
  delete metadata.selfLink;
  delete metadata.managedFields;
  restore(metadata, before, 'generation');
  restore(metadata, before, 'generateName');
  restore(metadata, before, 'deletionTimestamp');
  restore(metadata, before, 'deletionGracePeriodSeconds');
}

function restore<K extends 'generation' | 'generateName' | 'deletionTimestamp' | 'deletionGracePeriodSeconds'>(
  metadata: AnyObject['metadata'],
  before: AnyObject['metadata'],
  field: K,
): void {
  const value = before[field];
  if (value === undefined) delete metadata[field];
  else metadata[field] = value;
}

function checkIdentity(target: Target, object: AnyObject): void {
  const { name, namespace } = object.metadata;
  if (name && name !== target.name) {
    const message = `the name of the object (${name}) does not match the name on the URL (${target.name})`;
    throw new ApiError('BadRequest', message);
  }
  if (!name) throw new ApiError('BadRequest', 'the name of the object must be set (metadata.name)');
  if (namespace && target.namespace !== undefined && namespace !== target.namespace) {
    const message = `the namespace of the object (${namespace}) does not match the namespace on the URL (${target.namespace})`;
    throw new ApiError('BadRequest', message);
  }
}

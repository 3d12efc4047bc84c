import { ApiError, type KubernetesObject, objectKey, type Pod, type Status } from '@gantry/api-types';
import type { DeleteRequest } from '@gantry/core';
import { formatTime } from '@gantry/core/lib/timestamp';
import type { CachedObject } from '../../objects/object-store.ts';
import type { AnyKind, AnyObject, ApiContext, Target, WriteOptions, WrittenObject } from '../context.ts';
import { unsaved } from '../context.ts';
import { conflict, forbidden, isStoreError, notFound } from '../failures.ts';
import { isEqualJson } from '../json.ts';
import type { ServedKind } from '../registry.ts';
import { isReadyToRemove } from './deletion.ts';

export interface DeletionRequest extends WriteOptions {
  readonly target: Target;
  readonly options: DeleteRequest;
}

/** `isRemoved` is false where the object lives on: for its grace period, for finalizers, for a namespace's content. */
export interface DeletionResult extends WrittenObject {
  readonly isRemoved: boolean;
}

const protectedNamespaces: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public']);

/** DELETE. Lost races with other writers are run again. */
export async function deleteObject(api: ApiContext, request: DeletionRequest): Promise<DeletionResult> {
  const { kind, namespace, name } = request.target;
  const key = objectKey(namespace, name);
  for (;;) {
    const present = api.objects.get(kind.resource, key) as CachedObject<AnyObject> | undefined;
    if (!present) throw notFound(kind, name);
    checkPreconditions(kind, present.object, request.options);
    if (kind.resource === 'namespaces' && protectedNamespaces.has(name)) {
      throw forbidden(kind, name, 'this namespace may not be deleted');
    }
    try {
      return await tryDelete(api, request, present);
    } catch (error) {
      if (!isStoreError(error, 'conflict')) throw error;
    }
  }
}

/** The answer to a DELETE of an object that is gone and is not itself the answer. */
export function deletionStatus(kind: ServedKind, object: AnyObject): Status {
  const { group, plural } = kind.definition;
  const details = { name: object.metadata.name, ...(group ? { group } : {}), kind: plural, uid: object.metadata.uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

async function tryDelete(
  api: ApiContext,
  request: DeletionRequest,
  present: CachedObject<AnyObject>,
): Promise<DeletionResult> {
  const { resource, definition } = request.target.kind;
  const options = withDefaultPolicy(definition, present.object, request.options);
  const next = planDeletion(present.object, options, api.clock.now());
  if (next === undefined) return { object: present.object, bytes: present.bytes, isRemoved: false };
  const isRemoved = isReadyToRemove(next);
  if (request.dryRun) return { ...unsaved(isRemoved ? present.object : next), isRemoved };
  const written = isRemoved
    ? await api.objects.delete(resource, present.key, present.revision)
    : await api.objects.update(resource, next, present.revision);
  return { object: written.object, bytes: written.bytes, isRemoved };
}

/** Dependents of a few old kinds outlive their owner unless the request or the owner itself says otherwise. */
function withDefaultPolicy({ orphansByDefault }: AnyKind, object: AnyObject, options: DeleteRequest): DeleteRequest {
  if (!orphansByDefault || options.propagationPolicy !== undefined) return options;
  const isDecided = object.metadata.finalizers?.some((name) => name === 'orphan' || name === 'foregroundDeletion');
  return isDecided ? options : { ...options, propagationPolicy: 'Orphan' };
}

/**
 * The object as a DELETE leaves it (pure); undefined where it is being deleted already and nothing changes.
 * A later request may shorten the grace period, never lengthen it; once that is over it may still choose anew what
 * becomes of the dependents, as `kubectl delete --cascade=background` does for one that waits for them.
 */
export function planDeletion(object: AnyObject, options: DeleteRequest, now: number): AnyObject | undefined {
  const grace = gracePeriodOf(object, options);
  const { deletionTimestamp, deletionGracePeriodSeconds: current = 0, finalizers: present = [] } = object.metadata;
  const finalizers = finalizersFor(present, options.propagationPolicy);
  if (deletionTimestamp === undefined) return terminating(withDeletion(object, now + grace * 1000, grace, finalizers));
  if (current === 0) {
    if (isEqualJson(finalizers, present)) return undefined;
    return withDeletion(object, Date.parse(deletionTimestamp), 0, finalizers);
  }
  const isAskedFor = options.gracePeriodSeconds !== undefined || grace === 0;
  if (!isAskedFor || grace >= current) return undefined;
  const start = Date.parse(deletionTimestamp) - current * 1000;
  return withDeletion(object, start + grace * 1000, grace, present);
}

function withDeletion(object: AnyObject, at: number, grace: number, finalizers: readonly string[]): AnyObject {
  const { generation, finalizers: _, ...metadata } = object.metadata;
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(generation === undefined ? {} : { generation: generation + 1 }),
      deletionTimestamp: formatTime(at),
      deletionGracePeriodSeconds: grace,
      ...(finalizers.length > 0 ? { finalizers: [...finalizers] } : {}),
    },
  };
}

/** A namespace that is being deleted says so in its phase. */
function terminating(object: AnyObject): AnyObject {
  return object.kind === 'Namespace' ? { ...object, status: { ...object.status, phase: 'Terminating' } } : object;
}

/** Seconds. Only pods die slowly, and only those that a node may be running. */
function gracePeriodOf(object: AnyObject, options: DeleteRequest): number {
  if (object.kind !== 'Pod') return 0;
  const { spec, status } = object as unknown as Pod;
  if (!spec.nodeName || status?.phase === 'Succeeded' || status?.phase === 'Failed') return 0;
  const asked = options.gracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30;
  // Kubernetes takes a negative period for the shortest that still lets the node stop the pod itself.
  return asked < 0 ? 1 : asked;
}

function finalizersFor(present: readonly string[], policy: DeleteRequest['propagationPolicy']): readonly string[] {
  if (policy === undefined) return present;
  const others = present.filter((name) => name !== 'orphan' && name !== 'foregroundDeletion');
  if (policy === 'Background') return others;
  return [...others, policy === 'Orphan' ? 'orphan' : 'foregroundDeletion'];
}

/** Throws Conflict where the present object is not the one that the request means. */
export function checkPreconditions(kind: ServedKind, present: KubernetesObject, options: DeleteRequest): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  const { metadata } = present;
  if (uid !== undefined && uid !== metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`;
    throw conflict(kind, metadata.name, why);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const why = `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion}`;
    throw conflict(kind, metadata.name, why);
  }
}

/** Checks what a client sent as DeleteOptions. */
export function parsePropagationPolicy(policy: string | undefined): DeleteRequest['propagationPolicy'] {
  if (policy === undefined || policy === '') return undefined;
  if (policy === 'Background' || policy === 'Foreground' || policy === 'Orphan') return policy;
  const message = `Unsupported value: "${policy}": supported values: "Foreground", "Background", "Orphan", "nil"`;
  throw new ApiError('Invalid', `DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: ${message}`, {
    group: 'meta.k8s.io',
    kind: 'DeleteOptions',
    causes: [{ reason: 'FieldValueNotSupported', message, field: 'propagationPolicy' }],
  });
}

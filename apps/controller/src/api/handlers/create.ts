import { randomUUID } from 'node:crypto';
import { ApiError, invalid, objectKey } from '@gantry/api-types';
import { formatTime } from '@gantry/core/lib/timestamp';
import type { AnyObject, ApiContext, WriteOptions, WrittenObject } from '../context.ts';
import { unsaved } from '../context.ts';
import { alreadyExists, forbidden, isStoreError, notFound } from '../failures.ts';
import { generateName } from '../metadata.ts';
import type { ServedKind } from '../registry.ts';
import { validateForCreate } from './validation.ts';

export interface CreateRequest extends WriteOptions {
  readonly kind: ServedKind;
  /** From the path; undefined for cluster-scoped kinds. */
  readonly namespace: string | undefined;
  /** Decoded, owned by the callee: it is filled in and kept. */
  readonly object: AnyObject;
}

/** How often a generated name that turns out to be taken is drawn again. */
const maxNameAttempts = 8;

/** Creates an object: metadata, defaults, admission, validation, then the store. Resolves once it is durable. */
export async function createObject(api: ApiContext, request: CreateRequest): Promise<WrittenObject> {
  const { kind, object } = request;
  const { definition } = kind;
  const isNameGenerated = !object.metadata.name && Boolean(object.metadata.generateName);
  prepareMetadata(api, request);
  definition.setDefaults(object);
  definition.prepareForCreate(object);
  checkNamespaceAccepts(api, request);
  const onSettled = api.admission.admit({ operation: 'create', kind, object });
  try {
    const errors = validateForCreate(kind, object);
    if (errors.length > 0) throw invalid(definition, object.metadata.name, errors);
    return request.dryRun ? dryRun(api, kind, object) : await save(api, kind, object, isNameGenerated);
  } finally {
    onSettled();
  }
}

function prepareMetadata(api: ApiContext, request: CreateRequest): void {
  const { kind, namespace, object } = request;
  const { metadata } = object;
  if (metadata.resourceVersion) {
    throw new ApiError('BadRequest', 'resourceVersion should not be set on objects to be created');
  }
  const { namespace: givenNamespace, name, generateName: prefix } = metadata;
  if (kind.definition.isNamespaced && givenNamespace && givenNamespace !== namespace) {
    const message = 'the namespace of the provided object does not match the namespace sent on the request';
    throw new ApiError('BadRequest', message);
  }
  object.apiVersion = kind.apiVersion;
  object.kind = kind.definition.kind;
  const { labels, annotations, ownerReferences, finalizers } = metadata;
  object.metadata = {
    name: name || (prefix ? generateName(prefix) : ''),
    ...(prefix ? { generateName: prefix } : {}),
    ...(namespace === undefined ? (givenNamespace ? { namespace: givenNamespace } : {}) : { namespace }),
    uid: randomUUID(),
    resourceVersion: '',
    ...(kind.definition.hasGeneration ? { generation: 1 } : {}),
    creationTimestamp: formatTime(api.clock.now()),
    ...(labels ? { labels } : {}),
    ...(annotations ? { annotations } : {}),
    ...(ownerReferences ? { ownerReferences } : {}),
    ...(finalizers ? { finalizers } : {}),
  };
}

/** Kubernetes' NamespaceLifecycle admission: the namespace must exist and not be going away. */
function checkNamespaceAccepts(api: ApiContext, request: CreateRequest): void {
  const { kind, namespace, object } = request;
  if (namespace === undefined) return;
  const found = api.objects.get('namespaces', namespace)?.object;
  if (!found) throw notFound(api.registry.byResource('namespaces'), namespace);
  if (!found.metadata.deletionTimestamp) return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const message = `namespace ${namespace} is being terminated`;
  throw forbidden(kind, object.metadata.name, why, [
    { reason: 'NamespaceTerminating', message, field: 'metadata.namespace' },
  ]);
}

function dryRun(api: ApiContext, kind: ServedKind, object: AnyObject): WrittenObject {
  const { namespace, name, resourceVersion: _, ...rest } = object.metadata;
  if (api.objects.get(kind.resource, objectKey(namespace, name))) throw alreadyExists(kind, name);
  // Nothing was written, so there is no version: the field is absent, not empty.
  const metadata = { ...rest, name, ...(namespace ? { namespace } : {}) } as AnyObject['metadata'];
  return unsaved({ ...object, metadata });
}

async function save(
  api: ApiContext,
  kind: ServedKind,
  object: AnyObject,
  isNameGenerated: boolean,
): Promise<WrittenObject> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await api.objects.create(kind.resource, object);
    } catch (error) {
      if (!isStoreError(error, 'exists')) throw error;
      if (!isNameGenerated || attempt >= maxNameAttempts) throw alreadyExists(kind, object.metadata.name);
      object.metadata = { ...object.metadata, name: generateName(object.metadata.generateName ?? '') };
    }
  }
}

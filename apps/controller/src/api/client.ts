import { ApiError, type KubernetesObject, type Namespace, type ResourceName, type Scale } from '@gantry/api-types';
import type { ApiClient, DeleteRequest } from '@gantry/core';
import type { AnyObject, ApiContext, Target } from './context.ts';
import { unknownResource } from './failures.ts';
import { createObject } from './handlers/create.ts';
import { deleteObject } from './handlers/delete.ts';
import { getObject } from './handlers/get.ts';
import { patchObject } from './handlers/patch.ts';
import { type UpdateScope, updateObject } from './handlers/update.ts';
import { cloneJson } from './json.ts';
import { revisionOf } from './metadata.ts';
import { bindPod } from './subresources/binding.ts';
import { evictPod } from './subresources/eviction.ts';
import { finalizeNamespace } from './subresources/finalize.ts';
import { getScale, updateScale } from './subresources/scale.ts';

/** The API without the wire: the same handlers, called by the controller's own parts with the rights of an admin. */
export function createApiClient(api: ApiContext): ApiClient {
  const targetOf = (resource: ResourceName, namespace: string | undefined, name: string): Target => ({
    kind: api.registry.byResource(resource),
    namespace,
    name,
  });
  const update = async (resource: ResourceName, object: KubernetesObject, scope: UpdateScope) => {
    const { namespace, name } = object.metadata;
    // Handlers fill in what they are given, and what callers hold is shared with the cache.
    const request = { target: targetOf(resource, namespace, name), object: cloneJson(object) as AnyObject, scope };
    return (await updateObject(api, request)).object;
  };
  const scaleTarget = (resource: ResourceName, namespace: string, name: string): Target => {
    const target = targetOf(resource, namespace, name);
    if (target.kind.definition.subresources.some((subresource) => subresource.name === 'scale')) return target;
    throw unknownResource();
  };
  const client = {
    getScale: async (resource: ResourceName, namespace: string, name: string) =>
      getScale(api, scaleTarget(resource, namespace, name)).object,
    async updateScale(resource: ResourceName, namespace: string, scale: Scale) {
      const { metadata } = scale;
      const target = scaleTarget(resource, namespace, metadata.name);
      const request = { target, dryRun: false, expectedRevision: revisionOf(metadata), next: () => scale };
      return (await updateScale(api, request)).object;
    },
    get: async (resource: ResourceName, namespace: string | undefined, name: string) =>
      getObject(api, targetOf(resource, namespace, name)).object,
    async create(resource: ResourceName, object: AnyObject) {
      const kind = api.registry.byResource(resource);
      const namespace = kind.definition.isNamespaced ? namespaceOf(object) : undefined;
      return (await createObject(api, { kind, namespace, object: cloneJson(object) })).object;
    },
    update: (resource: ResourceName, object: KubernetesObject) => update(resource, object, 'main'),
    updateStatus: (resource: ResourceName, object: KubernetesObject) => update(resource, object, 'status'),
    async mergePatch(
      resource: ResourceName,
      namespace: string | undefined,
      name: string,
      document: object,
      subresource?: 'status',
    ) {
      const request = {
        target: targetOf(resource, namespace, name),
        patch: { type: 'merge', document: document as Record<string, unknown> } as const,
        scope: subresource ?? ('main' as const),
        // Our own code is typed: what it patches is not checked against the wire schema again.
        decode: (patched: unknown) => patched as AnyObject,
        applyStrategic: () => undefined,
      };
      return (await patchObject(api, request)).object;
    },
    async delete(resource: ResourceName, namespace: string | undefined, name: string, options: DeleteRequest = {}) {
      await deleteObject(api, { target: targetOf(resource, namespace, name), options });
    },
    bind: (namespace: string, podName: string, podUid: string, nodeName: string) =>
      bindPod(api, { namespace, podName, podUid, nodeName }),
    evict: (namespace: string, podName: string, options: DeleteRequest = {}) =>
      evictPod(api, { namespace, podName, options }),
    async finalizeNamespace(namespace: Namespace) {
      const target = targetOf('namespaces', undefined, namespace.metadata.name);
      return (await finalizeNamespace(api, target, namespace as unknown as AnyObject, false)).object;
    },
  };
  // The handlers are one code path for all kinds; the per-resource types are put back on here.
  return client as unknown as ApiClient;
}

function namespaceOf(object: AnyObject): string {
  const { namespace } = object.metadata;
  if (namespace) return namespace;
  throw new ApiError('BadRequest', `${object.kind} needs metadata.namespace`);
}

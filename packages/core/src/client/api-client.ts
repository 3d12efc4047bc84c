import type { Namespace, NewObject, ResourceName, ResourceTypes, Scale } from '@gantry/api-types';

/**
 * The Kubernetes API as in-process callers use it: same handlers, admission, validation and optimistic concurrency as
 * over HTTP, without the wire. Every refusal is an `ApiError`; test its `reason`.
 * `namespace` is undefined for cluster-scoped resources. Returned objects are shared with the cache: never mutate them.
 */
export interface ApiClient {
  /** Reads from the watch cache: sees every write that this process was told is done. */
  get<R extends ResourceName>(resource: R, namespace: string | undefined, name: string): Promise<ResourceTypes[R]>;
  create<R extends ResourceName>(resource: R, object: NewObject<ResourceTypes[R]>): Promise<ResourceTypes[R]>;
  /** Replaces metadata and spec. Conflict where `metadata.resourceVersion` is not the present one. */
  update<R extends ResourceName>(resource: R, object: ResourceTypes[R]): Promise<ResourceTypes[R]>;
  /** Replaces the status (and, for pods and nodes, what else status writers may set). Conflict as `update`. */
  updateStatus<R extends ResourceName>(resource: R, object: ResourceTypes[R]): Promise<ResourceTypes[R]>;
  /** Merge patch (RFC 7386) of the main resource or a subresource, retried on conflict unless the patch names a resourceVersion. */
  mergePatch<R extends ResourceName>(
    resource: R,
    namespace: string | undefined,
    name: string,
    patch: object,
    subresource?: 'status',
  ): Promise<ResourceTypes[R]>;
  /** The scale subresource of a workload. NotFound where the kind has none. */
  getScale(resource: ResourceName, namespace: string, name: string): Promise<Scale>;
  /** Sets the replicas of a workload through its scale subresource. Conflict where `metadata.resourceVersion` is not the present one. */
  updateScale(resource: ResourceName, namespace: string, scale: Scale): Promise<Scale>;
  /** Resolves when the deletion is recorded: the object may live on for its grace period or finalizers. */
  delete(resource: ResourceName, namespace: string | undefined, name: string, options?: DeleteRequest): Promise<void>;
  /** The pods/binding subresource: sets `spec.nodeName` and the PodScheduled condition. Conflict where the pod is bound already. */
  bind(namespace: string, podName: string, podUid: string, nodeName: string): Promise<void>;
  /** The pods/eviction subresource. TooManyRequests where a disruption budget forbids it for now. */
  evict(namespace: string, podName: string, options?: DeleteRequest): Promise<void>;
  /** The namespaces/finalize subresource: replaces `spec.finalizers`; the namespace goes with the last. Conflict as `update`. */
  finalizeNamespace(namespace: Namespace): Promise<Namespace>;
}

export interface DeleteRequest {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

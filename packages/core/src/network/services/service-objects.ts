import type { EndpointSlice, ObjectMeta, Service } from '@gantry/api-types';

/** The part of an object's metadata that nodes are sent: without what only controllers look at. */
function trimMeta({ name, namespace, uid, resourceVersion, creationTimestamp }: ObjectMeta, labels = {}): ObjectMeta {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    uid,
    resourceVersion,
    creationTimestamp,
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
  };
}

export const serviceNameLabel = 'kubernetes.io/service-name';
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
/** Manages the slices of cluster DNS: each names many nodes, and no node needs to know of another. */
export const dnsSliceManager = 'dns-endpoints.gantry.io';

/** The Service as nodes are sent it: what data path, DNS and service variables need. Pure. */
export function trimService(service: Service): Service {
  const { selector: _, ...spec } = service.spec;
  const ingress = service.status?.loadBalancer?.ingress ?? [];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: trimMeta(service.metadata),
    spec,
    status: ingress.length > 0 ? { loadBalancer: { ingress } } : {},
  };
}

/** The EndpointSlice as nodes are sent it; undefined where it is none of theirs: of no Service, or of cluster DNS. Pure. */
export function trimEndpointSlice(slice: EndpointSlice): EndpointSlice | undefined {
  const service = slice.metadata.labels?.[serviceNameLabel];
  if (!service || slice.metadata.labels?.[managedByLabel] === dnsSliceManager) return undefined;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: trimMeta(slice.metadata, { [serviceNameLabel]: service }),
    addressType: slice.addressType,
    endpoints: (slice.endpoints ?? []).map(({ deprecatedTopology: _, targetRef, ...endpoint }) => ({
      ...endpoint,
      // DNS names a pod's endpoint after the pod where it has no hostname of its own.
      ...(targetRef?.kind === 'Pod' ? { targetRef: { kind: 'Pod', name: targetRef.name ?? '' } } : {}),
    })),
    ports: slice.ports ?? [],
  };
}

/** Whether a node would be sent the same: most writes of a slice's or Service's metadata are nothing to it. */
export function isSameForNodes(
  a: Service | EndpointSlice | undefined,
  b: Service | EndpointSlice | undefined,
): boolean {
  return JSON.stringify(withoutVersion(a)) === JSON.stringify(withoutVersion(b));
}

function withoutVersion(object: Service | EndpointSlice | undefined): unknown {
  return object && { ...object, metadata: { ...object.metadata, resourceVersion: '' } };
}

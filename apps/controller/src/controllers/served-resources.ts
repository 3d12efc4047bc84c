import type { ObjectKey, ResourceName } from '@gantry/api-types';

/** What the controllers that deal with every kind need to know of one. */
export interface ServedResource {
  readonly resource: ResourceName;
  readonly apiVersion: string;
  readonly kind: string;
  readonly isNamespaced: boolean;
}

const facts: Readonly<Record<ResourceName, Omit<ServedResource, 'resource'>>> = {
  namespaces: { apiVersion: 'v1', kind: 'Namespace', isNamespaced: false },
  nodes: { apiVersion: 'v1', kind: 'Node', isNamespaced: false },
  events: { apiVersion: 'v1', kind: 'Event', isNamespaced: true },
  pods: { apiVersion: 'v1', kind: 'Pod', isNamespaced: true },
  services: { apiVersion: 'v1', kind: 'Service', isNamespaced: true },
  configmaps: { apiVersion: 'v1', kind: 'ConfigMap', isNamespaced: true },
  secrets: { apiVersion: 'v1', kind: 'Secret', isNamespaced: true },
  serviceaccounts: { apiVersion: 'v1', kind: 'ServiceAccount', isNamespaced: true },
  'replicasets.apps': { apiVersion: 'apps/v1', kind: 'ReplicaSet', isNamespaced: true },
  'deployments.apps': { apiVersion: 'apps/v1', kind: 'Deployment', isNamespaced: true },
  'leases.coordination.k8s.io': { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', isNamespaced: true },
  'endpointslices.discovery.k8s.io': { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', isNamespaced: true },
};

/** Every served kind; the compiler sees to it that none is forgotten. */
export const servedResources: readonly ServedResource[] = Object.entries(facts).map(([resource, fact]) => ({
  // Object.entries forgets that the keys are those of the table.
  resource: resource as ResourceName,
  ...fact,
}));

/** The kind that an owner reference names; undefined for one that is not served. */
export function findServedResource(apiVersion: string, kind: string): ServedResource | undefined {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return servedResources.find((served) => {
    const servedGroup = served.apiVersion.includes('/')
      ? served.apiVersion.slice(0, served.apiVersion.indexOf('/'))
      : '';
    return served.kind === kind && servedGroup === group;
  });
}

/** An object of any kind, as a queue key: `resource|namespace/name`. */
export function qualifiedKey(resource: ResourceName, key: ObjectKey): string {
  return `${resource}|${key}`;
}

/** The inverse of {@link qualifiedKey}. */
export function splitQualifiedKey(qualified: string): { readonly resource: ResourceName; readonly key: ObjectKey } {
  const bar = qualified.indexOf('|');
  // Only qualifiedKey makes these.
  return { resource: qualified.slice(0, bar) as ResourceName, key: qualified.slice(bar + 1) };
}

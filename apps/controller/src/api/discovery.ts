import type { SubresourceDefinition } from '@gantry/api-types';
import type { KindRegistry } from './registry.ts';

/** A resource as discovery lists it: a served kind, or one that can only be created (reviews). */
export interface DiscoveredResource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly isNamespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly SubresourceDefinition[];
}

/** The version of the aggregated form. */
export type DiscoveryVersion = 'v2' | 'v2beta1';

/** Discovery's documents, made once. Undefined answers are paths that do not exist. */
export interface Discovery {
  readonly apiVersions: string;
  readonly apiGroupList: string;
  group(name: string): string | undefined;
  resourceList(apiVersion: string): string | undefined;
  aggregated(root: 'api' | 'apis', version: DiscoveryVersion): string;
}

/** What a group version has beside what it always lists; asked for each time that it is listed. */
export type PresentResources = (groupVersion: string) => readonly DiscoveredResource[];

/** Builds all discovery documents from the registry and the resources that are not stored. */
export function createDiscovery(
  registry: KindRegistry,
  others: readonly DiscoveredResource[],
  presentResources: PresentResources = () => [],
): Discovery {
  const resources: DiscoveredResource[] = [...registry.kinds.map((kind) => kind.definition), ...others];
  const groups = new Map<string, Map<string, DiscoveredResource[]>>();
  for (const resource of resources) {
    const versions = groups.get(resource.group) ?? new Map<string, DiscoveredResource[]>();
    groups.set(resource.group, versions);
    versions.set(resource.version, [...(versions.get(resource.version) ?? []), resource]);
  }
  const named = [...groups]
    .filter(([name]) => name !== '')
    .map(([name, versions]) => groupDocument(name, [...versions.keys()]));
  const lists = new Map<string, string>();
  for (const [group, versions] of groups) {
    for (const [version, list] of versions) {
      const groupVersion = group ? `${group}/${version}` : version;
      lists.set(groupVersion, JSON.stringify(resourceListDocument(groupVersion, list)));
    }
  }
  const aggregated = (root: 'api' | 'apis', version: DiscoveryVersion) =>
    JSON.stringify(
      aggregatedDocument(
        [...groups].filter(([name]) => (name === '') === (root === 'api')),
        version,
      ),
    );
  const documents = new Map<string, string>();
  for (const root of ['api', 'apis'] as const) {
    for (const version of ['v2', 'v2beta1'] as const) documents.set(`${root}/${version}`, aggregated(root, version));
  }
  return {
    apiVersions: JSON.stringify({
      kind: 'APIVersions',
      versions: [...(groups.get('')?.keys() ?? [])],
      serverAddressByClientCIDRs: [],
    }),
    apiGroupList: JSON.stringify({ kind: 'APIGroupList', apiVersion: 'v1', groups: named }),
    group(name) {
      const found = named.find((group) => group.name === name);
      return found && JSON.stringify({ kind: 'APIGroup', apiVersion: 'v1', ...found });
    },
    resourceList(apiVersion) {
      const present = presentResources(apiVersion);
      if (present.length === 0) return lists.get(apiVersion);
      const always = resources.filter(({ group, version }) => `${group}/${version}` === apiVersion);
      return JSON.stringify(resourceListDocument(apiVersion, [...always, ...present]));
    },
    aggregated: (root, version) => documents.get(`${root}/${version}`) ?? '',
  };
}

function groupDocument(name: string, versions: readonly string[]) {
  const listed = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: listed, preferredVersion: listed[0] };
}

function resourceListDocument(groupVersion: string, list: readonly DiscoveredResource[]) {
  const resources = list.flatMap((resource) => [
    {
      name: resource.plural,
      singularName: resource.singular,
      namespaced: resource.isNamespaced,
      kind: resource.kind,
      verbs: sorted(resource.verbs),
      ...(resource.shortNames.length > 0 ? { shortNames: resource.shortNames } : {}),
      ...(resource.categories.length > 0 ? { categories: resource.categories } : {}),
    },
    ...resource.subresources.map((subresource) => ({
      name: `${resource.plural}/${subresource.name}`,
      singularName: '',
      namespaced: resource.isNamespaced,
      ...(isForeign(resource, subresource) ? { group: subresource.group, version: subresource.version } : {}),
      kind: subresource.kind,
      verbs: sorted(subresource.verbs),
    })),
  ]);
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
}

function isForeign(resource: DiscoveredResource, subresource: SubresourceDefinition): boolean {
  return resource.group !== subresource.group || resource.version !== subresource.version;
}

function aggregatedDocument(
  groups: readonly (readonly [string, ReadonlyMap<string, readonly DiscoveredResource[]>])[],
  version: DiscoveryVersion,
) {
  const items = groups.map(([name, versions]) => ({
    metadata: { ...(name ? { name } : {}), creationTimestamp: null },
    versions: [...versions].map(([version, list]) => ({
      version,
      freshness: 'Current',
      resources: list.map(aggregatedResource),
    })),
  }));
  return { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items };
}

function aggregatedResource(resource: DiscoveredResource) {
  const { group, version, kind, plural, singular, shortNames, categories, subresources } = resource;
  return {
    resource: plural,
    responseKind: { group, version, kind },
    scope: resource.isNamespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs: sorted(resource.verbs),
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(subresources.length > 0
      ? {
          subresources: subresources.map((subresource) => ({
            subresource: subresource.name,
            responseKind: { group: subresource.group, version: subresource.version, kind: subresource.kind },
            verbs: sorted(subresource.verbs),
          })),
        }
      : {}),
  };
}

function sorted(verbs: readonly string[]): string[] {
  return [...verbs].sort();
}

import { apiVersionOf, type KindDefinition, type ResourceName, resourceName } from '@gantry/api-types';
import type { AnyKind, AnyVersion } from './context.ts';

/** A kind and the names that requests look it up by. */
export interface ServedKind {
  readonly resource: ResourceName;
  readonly definition: AnyKind;
  /** `apps/v1` */
  readonly apiVersion: string;
  /** As errors spell it: `deployments.apps`. */
  readonly qualifiedResource: string;
}

/** The served kinds by group, version and plural. */
export interface KindRegistry {
  readonly kinds: readonly ServedKind[];
  /** Versions in order of registration: `v1`, `apps/v1`. */
  readonly groupVersions: readonly string[];
  hasGroupVersion(apiVersion: string): boolean;
  lookup(apiVersion: string, plural: string): ServedKind | undefined;
  /** How the objects of this version differ from what the kind works with; undefined for the kind's own version. */
  versionOf(apiVersion: string, plural: string): AnyVersion | undefined;
  /** The kinds once more for each of their other versions, for the documents that list what is served. */
  readonly otherVersions: readonly AnyKind[];
  byResource(resource: ResourceName): ServedKind;
}

/** Builds the registry. A kind listed twice is a programming error and throws. */
export function createRegistry(definitions: readonly KindDefinition[]): KindRegistry {
  const byPath = new Map<string, ServedKind>();
  const byName = new Map<string, ServedKind>();
  const groupVersions = new Set<string>();
  const versions = new Map<string, AnyVersion>();
  const otherVersions: AnyKind[] = [];
  for (const definition of definitions) {
    const apiVersion = apiVersionOf(definition);
    const name = resourceName(definition);
    // The list of kinds and ResourceTypes are kept in step by api-types' own tests.
    const served = { resource: name as ResourceName, definition, apiVersion, qualifiedResource: name };
    const path = `${apiVersion}/${definition.plural}`;
    if (byPath.has(path)) throw new Error(`kind ${path} is registered twice`);
    byPath.set(path, served);
    byName.set(name, served);
    groupVersions.add(apiVersion);
    for (const other of definition.otherVersions ?? []) {
      const copy = inVersion(definition, other.version);
      const otherPath = `${apiVersionOf(copy)}/${copy.plural}`;
      byPath.set(otherPath, served);
      versions.set(otherPath, other);
      otherVersions.push(copy);
      groupVersions.add(apiVersionOf(copy));
    }
  }
  return {
    kinds: [...byName.values()],
    otherVersions,
    groupVersions: [...groupVersions],
    hasGroupVersion: (apiVersion) => groupVersions.has(apiVersion),
    lookup: (apiVersion, plural) => byPath.get(`${apiVersion}/${plural}`),
    versionOf: (apiVersion, plural) => versions.get(`${apiVersion}/${plural}`),
    byResource(resource) {
      const served = byName.get(resource);
      if (!served) throw new Error(`resource ${resource} is not served`);
      return served;
    },
  };
}

/** The kind as it is called in another version, with the subresources whose body is an object of the kind itself. */
function inVersion(definition: KindDefinition, version: string): AnyKind {
  const subresources = definition.subresources.map((it) => (it.kind === definition.kind ? { ...it, version } : it));
  return { ...definition, version, subresources };
}

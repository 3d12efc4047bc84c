import { UserError } from '../output/user-error.ts';
import type { ApiConnection } from './api-connection.ts';

/** A resource as discovery lists it. */
export interface ApiResource {
  readonly name: string;
  readonly singularName: string;
  readonly shortNames?: readonly string[];
  readonly kind: string;
  readonly namespaced: boolean;
  readonly groupVersion: string;
  readonly verbs?: readonly string[];
}

interface ApiResourceList {
  groupVersion: string;
  resources: (Omit<ApiResource, 'groupVersion'> & { name: string })[];
}

/** What the server serves, asked for once a group version. */
export class Discovery {
  readonly #api: ApiConnection;
  readonly #lists = new Map<string, Promise<ApiResource[]>>();

  constructor(api: ApiConnection) {
    this.#api = api;
  }

  /** The resource of a kind. Rejects with `UserError` where it is not served. */
  async resourceOf(apiVersion: string, kind: string): Promise<ApiResource> {
    const found = (await this.#listOf(apiVersion)).find((resource) => resource.kind === kind);
    if (found) return found;
    throw new UserError(
      `this cluster serves no kind "${kind}" in version "${apiVersion}"; \`kubectl api-resources\` lists what it serves`,
    );
  }

  /** The resource that a user calls `name`: plural, singular or short name, optionally with its group (`deployments.apps`). */
  async resourceNamed(name: string): Promise<ApiResource> {
    const [plain = name, ...group] = name.toLowerCase().split('.');
    for (const resource of await this.all()) {
      if (group.length > 0 && !resource.groupVersion.startsWith(group.join('.'))) continue;
      if ([resource.name, resource.singularName, ...(resource.shortNames ?? [])].includes(plain)) return resource;
    }
    throw new UserError(`the server doesn't have a resource type "${name}"`);
  }

  async all(): Promise<ApiResource[]> {
    const groups = await this.#api.json<{ groups: { preferredVersion: { groupVersion: string } }[] }>({
      path: '/apis',
    });
    const versions = ['v1', ...groups.groups.map((group) => group.preferredVersion.groupVersion)];
    return (await Promise.all(versions.map((version) => this.#listOf(version)))).flat();
  }

  #listOf(groupVersion: string): Promise<ApiResource[]> {
    const present = this.#lists.get(groupVersion);
    if (present) return present;
    const path = groupVersion.includes('/') ? `/apis/${groupVersion}` : `/api/${groupVersion}`;
    const list = this.#api
      .json<ApiResourceList>({ path })
      .then(({ resources }) =>
        resources.filter(({ name }) => !name.includes('/')).map((resource) => ({ ...resource, groupVersion })),
      );
    this.#lists.set(groupVersion, list);
    return list;
  }
}

/** The path of a collection (`name` absent) or an object. */
export function resourcePath(resource: ApiResource, namespace: string | undefined, name?: string): string {
  const root = resource.groupVersion.includes('/') ? `/apis/${resource.groupVersion}` : `/api/${resource.groupVersion}`;
  const scope = resource.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${scope}/${resource.name}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;
}

import { apiDocumentUrl } from './paths.ts';
import { ApiRefusal, readRefusal, unreachable } from './refusal.ts';

/** How the API serves a kind. */
export interface ServedResource {
  readonly apiVersion: string;
  readonly kind: string;
  /** The plural, as paths have it. */
  readonly resource: string;
  readonly isNamespaced: boolean;
  readonly verbs: readonly string[];
}

interface ResourceList {
  readonly resources: readonly { name: string; kind: string; namespaced: boolean; verbs: readonly string[] }[];
}

/** What discovery says of a kind. Rejects with an {@link ApiRefusal} where the API serves no such version or kind. */
export async function findResource(apiVersion: string, kind: string): Promise<ServedResource> {
  const served = (await resourcesOf(apiVersion)).find((one) => one.kind === kind);
  if (served) return served;
  throw new ApiRefusal(404, 'NotFound', `the API serves no ${kind} in ${apiVersion}`);
}

/** Every resource that can be got and listed, by kind: what the editor can open. */
export async function listResources(): Promise<ServedResource[]> {
  const { groups } = await fetchOnce<GroupList>('/apis');
  const versions = ['v1', ...groups.map((group) => group.preferredVersion.groupVersion)];
  // A group that cannot be read now is left out: the others are of use without it.
  const lists = await Promise.all(versions.map((version) => resourcesOf(version).catch((): ServedResource[] => [])));
  const readable = lists.flat().filter(({ verbs }) => verbs.includes('get') && verbs.includes('list'));
  return readable.sort((a, b) => (a.kind < b.kind ? -1 : 1));
}

interface GroupList {
  readonly groups: readonly { readonly preferredVersion: { readonly groupVersion: string } }[];
}

const kept = new Map<string, Promise<unknown>>();

async function resourcesOf(apiVersion: string): Promise<ServedResource[]> {
  const root = apiVersion.includes('/') ? '/apis' : '/api';
  const list = await fetchOnce<ResourceList>(`${root}/${apiVersion}`).catch((failure: unknown) => {
    const isUnknown = failure instanceof ApiRefusal && failure.code === 404;
    throw isUnknown ? new ApiRefusal(404, 'NotFound', `the API does not serve ${apiVersion}`) : failure;
  });
  return list.resources
    .filter(({ name }) => !name.includes('/'))
    .map(({ name, kind, namespaced, verbs }) => ({
      apiVersion,
      kind,
      resource: name,
      isNamespaced: namespaced,
      verbs,
    }));
}

/** The OpenAPI v3 document of a version; undefined where the API has none. */
export async function fetchSchemas<T>(apiVersion: string): Promise<T | undefined> {
  const index = await fetchOnce<{ readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string }>> }>(
    '/openapi/v3',
  );
  const path = index.paths[`${apiVersion.includes('/') ? 'apis' : 'api'}/${apiVersion}`];
  return path && fetchOnce<T>(path.serverRelativeURL);
}

/** Documents describe the server and change with its version only: once a page is enough. */
function fetchOnce<T>(path: string): Promise<T> {
  const known = kept.get(path) as Promise<T> | undefined;
  if (known) return known;
  const answer = fetchDocument<T>(path);
  kept.set(path, answer);
  answer.catch(() => kept.delete(path));
  return answer;
}

async function fetchDocument<T>(path: string): Promise<T> {
  const answer = await fetch(apiDocumentUrl(path), { headers: { accept: 'application/json' } }).catch(() => {
    throw unreachable();
  });
  if (!answer.ok) throw await readRefusal(answer);
  return (await answer.json()) as T;
}

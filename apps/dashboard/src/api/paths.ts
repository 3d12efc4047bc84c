/** Where an object, a list or a subresource is in the Kubernetes API. */
export interface ApiTarget {
  /** `v1`, `apps/v1`. */
  readonly apiVersion: string;
  /** The plural: `pods`. */
  readonly resource: string;
  /** Absent for cluster-scoped kinds, and for lists over all namespaces. */
  readonly namespace?: string | undefined;
  /** Absent for lists and creation. */
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
}

export type ApiQuery = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** The API under the page's own origin. */
const apiPrefix = '/k8s';

/** `/k8s/apis/apps/v1/namespaces/default/deployments/web?dryRun=All`; what is undefined is left out of the query. */
export function apiUrl(target: ApiTarget, query: ApiQuery = {}): string {
  const { apiVersion, namespace, resource, name, subresource } = target;
  const root = apiVersion.includes('/') ? 'apis' : 'api';
  const parts = [root, ...apiVersion.split('/')];
  if (namespace !== undefined) parts.push('namespaces', namespace);
  parts.push(resource);
  if (name !== undefined) parts.push(name);
  if (subresource !== undefined) parts.push(subresource);
  return `${apiPrefix}/${parts.map(encodeURIComponent).join('/')}${queryText(query)}`;
}

/** Any other path of the API server, such as `/openapi/v3`. */
export function apiDocumentUrl(path: string): string {
  return `${apiPrefix}${path}`;
}

function queryText(query: ApiQuery): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) parameters.append(name, String(one));
  }
  const text = parameters.toString();
  return text && `?${text}`;
}

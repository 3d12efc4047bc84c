import { isApiError, type NewObject, type ResourceName, type ResourceTypes } from '@gantry/api-types';
import type { ApiClient } from '@gantry/core';

/** The namespaces that every cluster has. */
export const builtInNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'] as const;

export interface ClusterObjectsOptions {
  /** Where the API listens: the target of the `kubernetes` Service. Default 6443. */
  readonly apiPort?: number;
}

/**
 * Creates what is missing of the built-in namespaces and the `kubernetes` Service. Called at every start, before
 * anybody else can create Services, so that the first start gives that one the first address of the range.
 */
export async function ensureClusterObjects(client: ApiClient, options: ClusterObjectsOptions = {}): Promise<void> {
  await Promise.all(builtInNamespaces.map((name) => ensureNamespace(client, name)));
  await createIfAbsent(client, 'services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { component: 'apiserver', provider: 'kubernetes' },
    },
    spec: { ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: options.apiPort ?? 6443 }] },
  });
}

function ensureNamespace(client: ApiClient, name: string): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: {} } as const;
  return createIfAbsent(client, 'namespaces', namespace);
}

async function createIfAbsent<R extends ResourceName>(
  client: ApiClient,
  resource: R,
  object: NewObject<ResourceTypes[R]>,
): Promise<void> {
  try {
    await client.create(resource, object);
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
  }
}

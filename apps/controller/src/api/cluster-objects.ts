import {
  isApiError,
  type NewObject,
  type ResourceName,
  type ResourceTypes,
  systemPriorityClasses,
} from '@gantry/api-types';
import type { ApiClient } from '@gantry/core';
import { annotations, defaultClassName, localProvisioner } from '@gantry/core/volumes/names';

/** The namespaces that every cluster has. */
export const builtInNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'] as const;

export interface ClusterObjectsOptions {
  /** Where the API listens: the target of the `kubernetes` Service. Default 6443. */
  readonly apiPort?: number;
}

/**
 * Creates what is missing of the built-in namespaces and priority classes, the default StorageClass and the `kubernetes`
 * Service. Called at every start, before anybody else can create Services, so that the first start gives that one the
 * first address of the range.
 */
export async function ensureClusterObjects(client: ApiClient, options: ClusterObjectsOptions = {}): Promise<void> {
  await Promise.all(builtInNamespaces.map((name) => ensureNamespace(client, name)));
  await ensureStorageClass(client);
  await Promise.all(
    systemPriorityClasses.map(({ name, ...rest }) =>
      createIfAbsent(client, 'priorityclasses.scheduling.k8s.io', {
        apiVersion: 'scheduling.k8s.io/v1',
        kind: 'PriorityClass',
        metadata: { name },
        ...rest,
      }),
    ),
  );
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

const storageClassMark = 'gantry.io/storage-class-created';

/** Once in the life of a cluster: whoever deletes the class does not want it back. */
async function ensureStorageClass(client: ApiClient): Promise<void> {
  const system = await client.get('namespaces', undefined, 'kube-system');
  if (system.metadata.annotations?.[storageClassMark] !== undefined) return;
  await createIfAbsent(client, 'storageclasses.storage.k8s.io', {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: defaultClassName, annotations: { [annotations.isDefaultClass]: 'true' } },
    provisioner: localProvisioner,
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'WaitForFirstConsumer',
    // A directory has no size that could not be another.
    allowVolumeExpansion: true,
  });
  const patch = { metadata: { annotations: { [storageClassMark]: 'yes' } } };
  await client.mergePatch('namespaces', undefined, 'kube-system', patch);
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

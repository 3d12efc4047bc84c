import { isIP } from 'node:net';
import {
  type EndpointSlice,
  isApiError,
  type NewObject,
  type ResourceName,
  type ResourceTypes,
  type Service,
  systemPriorityClasses,
} from '@gantry/api-types';
import type { ApiClient } from '@gantry/core';
import { isSemanticallyEqual } from '@gantry/core/lib/deep-equal';
import { skipMirrorLabel } from '@gantry/core/reconcile/mirrored-slices';
import { annotations, defaultClassName, localProvisioner } from '@gantry/core/volumes/names';

/** The namespaces that every cluster has. */
export const builtInNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'] as const;

export interface ClusterObjectsOptions {
  /** Where the API listens: the target of the `kubernetes` Service. Default 127.0.0.1:6443. */
  readonly apiPort?: number;
  readonly apiAddress?: string;
  /** The cluster IP that cluster DNS should have. */
  readonly dnsIp?: string;
}

/** What the cluster was found to have. */
export interface ClusterObjects {
  /** The cluster IP of `kube-system/kube-dns`, which may be another than asked for where a user's Service has that. */
  readonly dnsIp: string;
}

/**
 * Creates what is missing of the built-in namespaces and priority classes, the default StorageClass and the `kubernetes`
 * and `kube-dns` Services. Called at every start, before anybody else can create Services, so that the first start gives that one the
 * first address of the range.
 */
export async function ensureClusterObjects(
  client: ApiClient,
  options: ClusterObjectsOptions = {},
): Promise<ClusterObjects> {
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
  await ensureApiEndpoints(client, options);
  return { dnsIp: await ensureDnsService(client, options.dnsIp) };
}

/** Each node leads its pods to its own agent's DNS, so the Service has no selector; a controller names the nodes in slices. */
async function ensureDnsService(client: ApiClient, dnsIp: string | undefined): Promise<string> {
  const port = { port: 53, targetPort: 53 };
  const service = (clusterIP?: string): NewObject<Service> => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'kube-dns',
      namespace: 'kube-system',
      labels: { 'k8s-app': 'kube-dns', 'kubernetes.io/name': 'CoreDNS', 'kubernetes.io/cluster-service': 'true' },
    },
    spec: {
      ...(clusterIP === undefined ? {} : { clusterIP }),
      ports: [
        { ...port, name: 'dns', protocol: 'UDP' },
        { ...port, name: 'dns-tcp', protocol: 'TCP' },
      ],
    },
  });
  try {
    await createIfAbsent(client, 'services', service(dnsIp));
  } catch (error) {
    // A cluster of an older version: a user's Service has the address.
    if (!isApiError(error, 'Invalid')) throw error;
    await createIfAbsent(client, 'services', service());
  }
  return (await client.get('services', 'kube-system', 'kube-dns')).spec.clusterIP ?? '';
}

/** Pods reach the API through their node's agent; slice and Endpoints are for those who look where it is. */
async function ensureApiEndpoints(client: ApiClient, options: ClusterObjectsOptions): Promise<void> {
  const { apiAddress = '127.0.0.1', apiPort = 6443 } = options;
  // An endpoint may not be a loopback address: nobody else could use it.
  const isReachable = isIP(apiAddress) === 4 && !apiAddress.startsWith('127.') && apiPort > 0;
  const place = { name: 'kubernetes', namespace: 'default' };
  const ports = isReachable ? [{ name: 'https', protocol: 'TCP', port: apiPort }] : [];
  const slice: NewObject<EndpointSlice> = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...place, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    endpoints: isReachable ? [{ addresses: [apiAddress], conditions: { ready: true } }] : [],
    ports,
  };
  await createIfAbsent(client, 'endpointslices.discovery.k8s.io', slice);
  const present = await client.get('endpointslices.discovery.k8s.io', 'default', 'kubernetes');
  const { endpoints } = slice;
  if (!isSemanticallyEqual(present.endpoints, endpoints) || !isSemanticallyEqual(present.ports, ports)) {
    await client.update('endpointslices.discovery.k8s.io', { ...present, endpoints, ports });
  }
  const subsets = isReachable ? [{ addresses: [{ ip: apiAddress }], ports }] : [];
  // The slice is there already: none is to be made of these.
  const metadata = { ...place, labels: { [skipMirrorLabel]: 'true' } };
  await createIfAbsent(client, 'endpoints', { apiVersion: 'v1', kind: 'Endpoints', metadata, subsets });
  const old = await client.get('endpoints', 'default', 'kubernetes');
  if (!isSemanticallyEqual(old.subsets, subsets)) await client.update('endpoints', { ...old, subsets });
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

import type {
  Ingress,
  NetworkPolicy,
  PersistentVolume,
  PersistentVolumeClaim,
  StorageClass,
} from '../generated/types.ts';
import { type MetadataOptions, makeMetadata, pick } from './metadata.ts';

export interface ClaimOptions extends MetadataOptions {
  readonly storage?: string;
  readonly storageClassName?: string;
  readonly volumeName?: string;
  readonly spec?: Partial<PersistentVolumeClaim['spec']>;
  readonly status?: PersistentVolumeClaim['status'];
}

/** A Pending claim of 1Gi for one node. */
export function makePersistentVolumeClaim(options: ClaimOptions = {}): PersistentVolumeClaim {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: makeMetadata('PersistentVolumeClaim', { name: 'claim', ...options, isNamespaced: true }),
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: options.storage ?? '1Gi' } },
      ...pick(options, ['storageClassName', 'volumeName']),
      volumeMode: 'Filesystem',
      ...options.spec,
    },
    status: options.status ?? { phase: 'Pending' },
  };
}

export interface VolumeOptions extends MetadataOptions {
  readonly storage?: string;
  readonly storageClassName?: string;
  readonly spec?: Partial<PersistentVolume['spec']>;
  readonly status?: PersistentVolume['status'];
}

/** An Available volume of 1Gi in a directory of the host. */
export function makePersistentVolume(options: VolumeOptions = {}): PersistentVolume {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: makeMetadata('PersistentVolume', { name: 'volume', ...options, isNamespaced: false }),
    spec: {
      capacity: { storage: options.storage ?? '1Gi' },
      accessModes: ['ReadWriteOnce'],
      hostPath: { path: '/tmp/volume', type: '' },
      persistentVolumeReclaimPolicy: 'Retain',
      ...pick(options, ['storageClassName']),
      volumeMode: 'Filesystem',
      ...options.spec,
    },
    status: options.status ?? { phase: 'Available' },
  };
}

/** A class that binds on first use. */
export function makeStorageClass(
  options: MetadataOptions & Partial<Pick<StorageClass, 'provisioner' | 'reclaimPolicy' | 'volumeBindingMode'>> = {},
): StorageClass {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: makeMetadata('StorageClass', { name: 'standard', ...options, isNamespaced: false }),
    provisioner: options.provisioner ?? 'example.com/test',
    reclaimPolicy: options.reclaimPolicy ?? 'Delete',
    volumeBindingMode: options.volumeBindingMode ?? 'WaitForFirstConsumer',
  };
}

/** An Ingress of all hosts and paths to port 80 of the Service `web`. */
export function makeIngress(options: MetadataOptions & { readonly spec?: Partial<Ingress['spec']> } = {}): Ingress {
  const backend = { service: { name: 'web', port: { number: 80 } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: makeMetadata('Ingress', { name: 'web', generation: 1, ...options, isNamespaced: true }),
    spec: { rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }], ...options.spec },
    status: { loadBalancer: {} },
  };
}

/** A policy that lets nothing in to any pod of its namespace. */
export function makeNetworkPolicy(
  options: MetadataOptions & { readonly spec?: Partial<NetworkPolicy['spec']> } = {},
): NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: makeMetadata('NetworkPolicy', { name: 'deny', generation: 1, ...options, isNamespaced: true }),
    spec: { podSelector: {}, policyTypes: ['Ingress'], ...options.spec },
  };
}

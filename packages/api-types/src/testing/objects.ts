import type {
  ConfigMap,
  EndpointSlice,
  Endpoints,
  Event,
  Lease,
  Namespace,
  Secret,
  Service,
  ServiceAccount,
  ServicePort,
} from '../generated/types.ts';
import { builtAt, type MetadataOptions, makeMetadata, pick } from './metadata.ts';

export interface ServiceOptions extends MetadataOptions {
  readonly selector?: Record<string, string>;
  readonly ports?: ServicePort[];
  readonly type?: string;
  readonly clusterIP?: string;
  readonly spec?: Partial<Service['spec']>;
  readonly status?: Service['status'];
}

/** A ClusterIP Service with port 80. */
export function makeService(options: ServiceOptions = {}): Service {
  const { name = 'service', clusterIP = '10.96.0.10' } = options;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: makeMetadata('Service', { ...options, name, isNamespaced: true }),
    spec: {
      ports: options.ports ?? [{ protocol: 'TCP', port: 80, targetPort: 80 }],
      selector: options.selector ?? { app: name },
      clusterIP,
      clusterIPs: [clusterIP],
      type: options.type ?? 'ClusterIP',
      sessionAffinity: 'None',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      internalTrafficPolicy: 'Cluster',
      ...options.spec,
    },
    status: options.status ?? { loadBalancer: {} },
  };
}

export interface EndpointSliceOptions extends MetadataOptions {
  readonly endpoints?: EndpointSlice['endpoints'];
  readonly ports?: EndpointSlice['ports'];
}

/** An empty IPv4 EndpointSlice. */
export function makeEndpointSlice(options: EndpointSliceOptions = {}): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: makeMetadata('EndpointSlice', { ...options, isNamespaced: true }),
    addressType: 'IPv4',
    endpoints: options.endpoints ?? [],
    ports: options.ports ?? [],
  };
}

/** Endpoints without addresses. */
export function makeEndpoints(options: MetadataOptions & Pick<Endpoints, 'subsets'> = {}): Endpoints {
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: makeMetadata('Endpoints', { ...options, isNamespaced: true }),
    ...pick(options, ['subsets']),
  };
}

/** A ConfigMap with the given data. */
export function makeConfigMap(options: MetadataOptions & Pick<ConfigMap, 'data' | 'immutable'> = {}): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: makeMetadata('ConfigMap', { ...options, isNamespaced: true }),
    ...pick(options, ['data', 'immutable']),
  };
}

/** A Secret; `data` is base64, as stored. */
export function makeSecret(options: MetadataOptions & Pick<Secret, 'data' | 'type' | 'immutable'> = {}): Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: makeMetadata('Secret', { ...options, isNamespaced: true }),
    type: options.type ?? 'Opaque',
    ...pick(options, ['data', 'immutable']),
  };
}

/** A ServiceAccount. */
export function makeServiceAccount(options: MetadataOptions = {}): ServiceAccount {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: makeMetadata('ServiceAccount', { name: 'default', ...options, isNamespaced: true }),
  };
}

/** An Active Namespace. */
export function makeNamespace(options: MetadataOptions & { readonly phase?: string } = {}): Namespace {
  const name = options.name ?? 'default';
  const labels = { 'kubernetes.io/metadata.name': name, ...options.labels };
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: makeMetadata('Namespace', { ...options, name, labels, isNamespaced: false }),
    spec: { finalizers: ['kubernetes'] },
    status: { phase: options.phase ?? 'Active' },
  };
}

/** A Lease, renewed when it was built unless `renewTime` says otherwise. */
export function makeLease(options: MetadataOptions & Lease['spec'] = {}): Lease {
  const name = options.name ?? 'lease';
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: makeMetadata('Lease', { namespace: 'kube-node-lease', ...options, name, isNamespaced: true }),
    spec: {
      holderIdentity: options.holderIdentity ?? name,
      leaseDurationSeconds: options.leaseDurationSeconds ?? 40,
      renewTime: options.renewTime ?? '2026-01-01T00:00:00.000000Z',
    },
  };
}

/** An event about the object given. */
export function makeEvent(
  options: MetadataOptions &
    Partial<
      Pick<
        Event,
        'involvedObject' | 'reason' | 'message' | 'type' | 'source' | 'count' | 'firstTimestamp' | 'lastTimestamp'
      >
    > = {},
): Event {
  const metadata = makeMetadata('Event', { ...options, isNamespaced: true });
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata,
    involvedObject: options.involvedObject ?? { kind: 'Pod', apiVersion: 'v1', name: 'pod', namespace: 'default' },
    reason: options.reason ?? 'Tested',
    message: options.message ?? 'a test happened',
    type: options.type ?? 'Normal',
    source: options.source ?? { component: 'test' },
    firstTimestamp: options.firstTimestamp ?? builtAt,
    lastTimestamp: options.lastTimestamp ?? builtAt,
    count: options.count ?? 1,
    reportingComponent: options.source?.component ?? 'test',
    reportingInstance: '',
  };
}

import type { DiscoveryV1EndpointPort, Endpoint, Pod, Service } from '@gantry/api-types';
import { isPodReady, isPodTerminal } from './pod-state.ts';

export type AddressType = 'IPv4' | 'IPv6';

/** The endpoints of a Service that listen on the same ports: the content of one or more slices. */
export interface EndpointGroup {
  readonly addressType: AddressType;
  readonly ports: readonly DiscoveryV1EndpointPort[];
  /** Sorted by pod name. */
  readonly endpoints: readonly Endpoint[];
}

/** The address types a Service's slices are made for. */
export function addressTypesOf(service: Service): readonly AddressType[] {
  const families = (service.spec.ipFamilies ?? []).filter((family) => family === 'IPv4' || family === 'IPv6');
  return families.length > 0 ? families : ['IPv4'];
}

/**
 * The endpoints that pods (those the Service selects) make up, grouped by the ports they resolve to: a named target port
 * may be a different number in each pod. `zoneOf` gives a node's zone. Pure.
 */
export function groupEndpoints(
  service: Service,
  pods: readonly Pod[],
  zoneOf: (nodeName: string) => string | undefined,
): readonly EndpointGroup[] {
  const groups = new Map<
    string,
    { addressType: AddressType; ports: readonly DiscoveryV1EndpointPort[]; endpoints: Endpoint[] }
  >();
  const sorted = [...pods].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  for (const addressType of addressTypesOf(service)) {
    for (const pod of sorted) {
      const address = addressOf(pod, addressType);
      if (address === undefined || isPodTerminal(pod)) continue;
      const ports = endpointPorts(service, pod);
      const key = portsKey(addressType, ports);
      const group = groups.get(key) ?? { addressType, ports, endpoints: [] };
      group.endpoints.push(newEndpoint(service, pod, address, zoneOf));
      groups.set(key, group);
    }
  }
  return [...groups.values()];
}

/** The same for the same address type and ports, whatever their order. */
export function portsKey(addressType: string, ports: readonly DiscoveryV1EndpointPort[]): string {
  const texts = ports.map(({ name, protocol, port, appProtocol }) => [name, protocol, port, appProtocol].join('/'));
  return [addressType, ...texts.sort((a, b) => (a < b ? -1 : 1))].join(' ');
}

function addressOf(pod: Pod, addressType: AddressType): string | undefined {
  const isWanted = (ip: string) => ip.includes(':') === (addressType === 'IPv6');
  const ips = (pod.status?.podIPs ?? []).map(({ ip }) => ip);
  return [...ips, pod.status?.podIP].find((ip) => ip !== undefined && ip !== '' && isWanted(ip));
}

function newEndpoint(
  service: Service,
  pod: Pod,
  address: string,
  zoneOf: (nodeName: string) => string | undefined,
): Endpoint {
  const { namespace, name, uid } = pod.metadata;
  const { nodeName, hostname, subdomain } = pod.spec;
  const isServing = isPodReady(pod);
  const isTerminating = pod.metadata.deletionTimestamp !== undefined;
  const isReady = service.spec.publishNotReadyAddresses === true || (isServing && !isTerminating);
  const zone = nodeName ? zoneOf(nodeName) : undefined;
  return {
    addresses: [address],
    conditions: { ready: isReady, serving: isServing, terminating: isTerminating },
    ...(hostname && subdomain === service.metadata.name ? { hostname } : {}),
    targetRef: { kind: 'Pod', ...(namespace === undefined ? {} : { namespace }), name, uid },
    ...(nodeName ? { nodeName } : {}),
    ...(zone === undefined ? {} : { zone }),
  };
}

/** A port whose name the pod does not know is left out, as if the Service did not have it. */
function endpointPorts(service: Service, pod: Pod): readonly DiscoveryV1EndpointPort[] {
  const ports: DiscoveryV1EndpointPort[] = [];
  for (const { name, protocol = 'TCP', port, targetPort, appProtocol } of service.spec.ports ?? []) {
    const number = resolvePort(pod, targetPort === undefined || targetPort === 0 ? port : targetPort, protocol);
    if (number === undefined) continue;
    ports.push({ name: name ?? '', protocol, port: number, ...(appProtocol === undefined ? {} : { appProtocol }) });
  }
  return ports;
}

function resolvePort(pod: Pod, target: number | string, protocol: string): number | undefined {
  if (typeof target === 'number') return target;
  const sidecars = (pod.spec.initContainers ?? []).filter((container) => container.restartPolicy === 'Always');
  for (const container of [...pod.spec.containers, ...sidecars]) {
    for (const port of container.ports ?? []) {
      if (port.name === target && (port.protocol ?? 'TCP') === protocol) return port.containerPort;
    }
  }
  return undefined;
}

import { invalid, type Service } from '@gantry/api-types';
import type { Informer } from '@gantry/core';
import { needsHealthCheckPort } from '@gantry/core/network/services/health-check';
import type { AdmissionPlugin } from './admission.ts';
import { parseCidr } from './cidr.ts';
import { NumberPool } from './number-pool.ts';
import { dropTypeDependentFields } from './service-type-change.ts';

export interface ServiceAllocationOptions {
  readonly services: Informer<Service>;
  /** IPv4 range of cluster IPs, e.g. `10.96.0.0/16`. */
  readonly serviceCidr: string;
  /** Inclusive. Kubernetes: 30000 to 32767. */
  readonly nodePortRange: readonly [number, number];
}

const kind = { kind: 'Service', group: '' };

/**
 * Cluster IPs and node ports. What is taken is read off the Services themselves (the informer), so nothing has to be
 * stored, restored or released: beside that only what writes in flight hold is kept here.
 */
export function serviceAllocation(options: ServiceAllocationOptions): AdmissionPlugin {
  const cidr = parseCidr(options.serviceCidr);
  // The first address is the network's, the last the broadcast's, as in Kubernetes.
  const addresses = new NumberPool(cidr.first + 1, cidr.last - 1);
  const nodePorts = new NumberPool(...options.nodePortRange);
  for (const port of defaultIngressPorts) nodePorts.occupy(port);
  options.services.onEvent(({ type, object, previous }) => {
    if (previous) release(previous, addresses, nodePorts, cidr);
    if (type === 'deleted') release(object, addresses, nodePorts, cidr);
    else occupy(object, addresses, nodePorts, cidr);
  });
  return {
    name: 'ServiceAllocation',
    resources: ['services'],
    admit({ object, previous }) {
      const service = object as unknown as Service;
      const before = previous as unknown as Service | undefined;
      if (before) {
        dropTypeDependentFields(service.spec, before.spec);
        keepAllocated(service, before);
      }
      const held: (() => void)[] = [];
      try {
        held.push(...allocateAddress(service, before, addresses, cidr));
        held.push(...allocateNodePorts(service, before, nodePorts));
        held.push(...allocateHealthCheckPort(service, before, nodePorts));
      } catch (error) {
        for (const letGo of held) letGo();
        throw error;
      }
      return held.length === 0
        ? undefined
        : () => {
            for (const letGo of held) letGo();
          };
    },
  };
}

/** Where the nodes' proxies for Ingresses listen unless told otherwise: no Service gets these. */
const defaultIngressPorts = [30_080, 30_443];

type Cidr = ReturnType<typeof parseCidr>;

function allocateAddress(
  service: Service,
  previous: Service | undefined,
  pool: NumberPool,
  cidr: Cidr,
): (() => void)[] {
  const { spec, metadata } = service;
  if (spec.type === 'ExternalName') {
    delete spec.clusterIP;
    delete spec.clusterIPs;
    return [];
  }
  const asked = spec.clusterIP || spec.clusterIPs?.[0] || '';
  if (asked === 'None' || (asked !== '' && asked === previous?.spec.clusterIP)) {
    spec.clusterIP = asked;
    spec.clusterIPs = [asked];
    return [];
  }
  const number = asked === '' ? pool.holdAny() : undefined;
  if (asked === '' && number === undefined) {
    throw refused(metadata.name, 'spec.clusterIPs', asked, 'failed to allocate IP: range is full');
  }
  const wanted = number ?? cidr.parse(asked);
  if (wanted === undefined || wanted < cidr.first || wanted > cidr.last) {
    const why = `failed to allocate IP ${asked}: the provided IP (${asked}) is not in the valid range. The range of valid IPs is ${cidr.text}`;
    throw refused(metadata.name, 'spec.clusterIPs', [asked], why);
  }
  if (number === undefined && !pool.hold(wanted)) {
    throw refused(
      metadata.name,
      'spec.clusterIPs',
      [asked],
      `failed to allocate IP ${asked}: provided IP is already allocated`,
    );
  }
  spec.clusterIP = cidr.format(wanted);
  spec.clusterIPs = [spec.clusterIP];
  return [() => pool.letGo(wanted)];
}

function allocateNodePorts(service: Service, previous: Service | undefined, pool: NumberPool): (() => void)[] {
  const { spec, metadata } = service;
  const held: (() => void)[] = [];
  const isExposed =
    spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
  const kept = new Set((previous?.spec.ports ?? []).map((port) => port.nodePort));
  // One number may serve a UDP and a TCP port of the same Service.
  const own = new Set<number>();
  try {
    for (const [index, port] of (spec.ports ?? []).entries()) {
      if (!isExposed && spec.type !== 'LoadBalancer') {
        delete port.nodePort;
        continue;
      }
      if (port.nodePort && (kept.has(port.nodePort) || own.has(port.nodePort))) continue;
      if (!port.nodePort && !isExposed) continue;
      const field = `spec.ports[${index}].nodePort`;
      if (port.nodePort && !pool.contains(port.nodePort)) {
        throw refused(
          metadata.name,
          field,
          port.nodePort,
          `provided port is not in the valid range. The range of valid ports is ${pool.first}-${pool.last}`,
        );
      }
      if (port.nodePort && !pool.hold(port.nodePort)) {
        throw refused(metadata.name, field, port.nodePort, 'provided port is already allocated');
      }
      const number = port.nodePort || pool.holdAny();
      if (number === undefined) throw refused(metadata.name, field, 0, 'failed to allocate a nodePort: range is full');
      port.nodePort = number;
      own.add(number);
      held.push(() => pool.letGo(number));
    }
  } catch (error) {
    for (const letGo of held) letGo();
    throw error;
  }
  return held;
}

/** Of a Service whose balancer asks the nodes: any free port, or the one that its maker wants. It never changes. */
function allocateHealthCheckPort(
  { metadata, spec }: Service,
  previous: Service | undefined,
  pool: NumberPool,
): (() => void)[] {
  if (!needsHealthCheckPort({ spec })) return [];
  const field = 'spec.healthCheckNodePort';
  const { healthCheckNodePort: asked } = spec;
  const before = previous && needsHealthCheckPort(previous) ? previous.spec.healthCheckNodePort : undefined;
  if (before && asked === before) return [];
  if (before) {
    const why = 'cannot change healthCheckNodePort on loadBalancer service with externaltraffic=Local during update';
    throw refused(metadata.name, field, asked, why);
  }
  if (asked && !pool.contains(asked)) {
    const why = `provided port is not in the valid range. The range of valid ports is ${pool.first}-${pool.last}`;
    throw refused(metadata.name, field, asked, why);
  }
  if (asked && !pool.hold(asked)) throw refused(metadata.name, field, asked, 'provided port is already allocated');
  const port = asked || pool.holdAny();
  if (port === undefined) throw refused(metadata.name, field, 0, 'failed to allocate a nodePort: range is full');
  spec.healthCheckNodePort = port;
  return [() => pool.letGo(port)];
}

/** A writer that leaves out what the server allocated (a manifest applied again by PUT) does not mean to give it up. */
function keepAllocated(service: Service, previous: Service): void {
  const { spec } = service;
  if (spec.type === 'ExternalName') return;
  if (!spec.clusterIP && previous.spec.type !== 'ExternalName' && previous.spec.clusterIP) {
    spec.clusterIP = previous.spec.clusterIP;
    spec.clusterIPs = [...(previous.spec.clusterIPs ?? [previous.spec.clusterIP])];
  }
  if (needsHealthCheckPort(service) && !spec.healthCheckNodePort && previous.spec.healthCheckNodePort) {
    spec.healthCheckNodePort = previous.spec.healthCheckNodePort;
  }
  if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer') return;
  const taken = new Set((spec.ports ?? []).map((port) => port.nodePort));
  for (const port of spec.ports ?? []) {
    if (port.nodePort) continue;
    const before = previous.spec.ports?.find((old) => old.port === port.port && old.protocol === port.protocol);
    if (before?.nodePort && !taken.has(before.nodePort)) port.nodePort = before.nodePort;
  }
}

function occupy(service: Service, addresses: NumberPool, nodePorts: NumberPool, cidr: Cidr): void {
  const number = cidr.parse(service.spec.clusterIP ?? '');
  if (number !== undefined) addresses.occupy(number);
  for (const port of portsOf(service)) nodePorts.occupy(port);
}

function release(service: Service, addresses: NumberPool, nodePorts: NumberPool, cidr: Cidr): void {
  const number = cidr.parse(service.spec.clusterIP ?? '');
  if (number !== undefined) addresses.release(number);
  for (const port of portsOf(service)) nodePorts.release(port);
}

function portsOf(service: Service): Set<number> {
  const { ports = [], healthCheckNodePort } = service.spec;
  return new Set([
    ...ports.flatMap((port) => port.nodePort ?? []),
    ...(healthCheckNodePort ? [healthCheckNodePort] : []),
  ]);
}

function refused(name: string, field: string, value: unknown, why: string) {
  const message = `Invalid value: ${JSON.stringify(value)}: ${why}`;
  return invalid(kind, name, [{ field, reason: 'FieldValueInvalid', message }]);
}

import type { Endpoint, EndpointSlice, Node, Service } from '@gantry/api-types';
import { formatIp, parseCidr } from '../network/pod-cidr.ts';
import { dnsSliceManager } from '../network/services/service-objects.ts';
import { arrangeSlices, type EndpointSlicePlan, managedByLabel, serviceNameLabel } from './endpoint-slices.ts';
import { isNodeReady } from './taints.ts';
import { zoneOf } from './zones.ts';

/** What the agents' DNS listens on. */
const dnsPort = 53;

export interface DnsSlicesObservation {
  /** `kube-system/kube-dns`. */
  readonly service: Service;
  readonly nodes: readonly Node[];
  /** Those with the label of {@link dnsSliceManager}. */
  readonly slices: readonly EndpointSlice[];
}

/**
 * The slices of cluster DNS, for those who look who answers: every node does, on the gateway's address of its pods, and
 * its own pods ask no other. None for a Service with a selector, whose endpoints are pods. Pure.
 */
export function planDnsSlices({ service, nodes, slices }: DnsSlicesObservation): EndpointSlicePlan {
  const { ports = [], selector = {} } = service.spec;
  if (Object.keys(selector).length > 0) return { create: [], update: [], delete: slices };
  const group = {
    addressType: 'IPv4',
    ports: ports.map(({ name = '', protocol = 'TCP' }) => ({ name, protocol, port: dnsPort })),
    endpoints: nodes.flatMap((node) => endpointOf(node) ?? []).toSorted(byNode),
  } as const;
  const labels = {
    ...service.metadata.labels,
    [serviceNameLabel]: service.metadata.name,
    [managedByLabel]: dnsSliceManager,
  };
  return arrangeSlices([group], slices, { owner: service, labels });
}

/** What of a node {@link planDnsSlices} looks at, as one text. Pure. */
export function dnsFactsOf(node: Node | undefined): string {
  return node ? JSON.stringify(endpointOf(node) ?? '') : '';
}

function endpointOf(node: Node): Endpoint | undefined {
  const cidr = parseCidr(node.spec.podCIDR ?? '');
  if (!cidr) return undefined;
  const ready = isNodeReady(node);
  const { name } = node.metadata;
  const zone = zoneOf(node);
  return {
    addresses: [formatIp(cidr.base + 1)],
    conditions: { ready, serving: ready, terminating: false },
    nodeName: name,
    ...(zone === undefined ? {} : { zone }),
    ...(ready ? { hints: { forNodes: [{ name }] } } : {}),
  };
}

function byNode(a: Endpoint, b: Endpoint): number {
  return (a.nodeName ?? '') < (b.nodeName ?? '') ? -1 : 1;
}

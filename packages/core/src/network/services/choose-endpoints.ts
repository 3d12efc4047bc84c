import type { Endpoint, EndpointSlice, Service, ServicePort } from '@gantry/api-types';

/** Where the choice is made. */
export interface NodePlace {
  readonly nodeName: string;
  readonly zone?: string;
}

/** An endpoint of one Service port that may be sent traffic. */
export interface Candidate {
  readonly ip: string;
  readonly port: number;
  readonly isLocal: boolean;
  readonly endpoint: Endpoint;
}

/**
 * The endpoints of the port that get traffic on this node, before traffic policies: the ready ones or, where none is,
 * those that are terminating but still serve. Sorted by address and port; each address and port once. Pure.
 */
export function usableEndpoints(
  port: ServicePort,
  slices: readonly EndpointSlice[],
  place: NodePlace,
): readonly Candidate[] {
  const all = slices.flatMap((slice) => candidatesOf(port, slice, place));
  return orFallback(all, ({ endpoint }) => endpoint.conditions?.ready ?? true);
}

/** Those on this node, by the same rule: a node whose only endpoints are leaving still uses them. Pure. */
export function localEndpoints(
  port: ServicePort,
  slices: readonly EndpointSlice[],
  place: NodePlace,
): readonly Candidate[] {
  const all = slices.flatMap((slice) => candidatesOf(port, slice, place)).filter(({ isLocal }) => isLocal);
  return orFallback(all, ({ endpoint }) => endpoint.conditions?.ready ?? true);
}

/** Narrows the endpoints to the near ones where the Service asks for it and there are any. Pure. */
export function preferNear(
  service: Service,
  candidates: readonly Candidate[],
  { nodeName, zone }: NodePlace,
): readonly Candidate[] {
  const { trafficDistribution } = service.spec;
  if (trafficDistribution === undefined || trafficDistribution === '') return candidates;
  if (trafficDistribution === 'PreferSameNode') {
    const here = candidates.filter(({ endpoint }) => endpoint.nodeName === nodeName);
    if (here.length > 0) return here;
  }
  const near = zone === undefined ? [] : candidates.filter(({ endpoint }) => endpoint.zone === zone);
  return near.length > 0 ? near : candidates;
}

function orFallback(all: readonly Candidate[], isReady: (candidate: Candidate) => boolean): readonly Candidate[] {
  const ready = all.filter(isReady);
  const used =
    ready.length > 0
      ? ready
      : all.filter(({ endpoint: { conditions } }) => conditions?.serving && conditions.terminating);
  const byAddress = new Map(used.map((candidate) => [`${candidate.ip} ${candidate.port}`, candidate]));
  return [...byAddress].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, candidate]) => candidate);
}

function candidatesOf(port: ServicePort, slice: EndpointSlice, { nodeName }: NodePlace): Candidate[] {
  if (slice.addressType !== 'IPv4') return [];
  const target = (slice.ports ?? []).find(
    ({ name, protocol }) => (name ?? '') === (port.name ?? '') && (protocol ?? 'TCP') === (port.protocol ?? 'TCP'),
  );
  const number = target?.port;
  if (number === undefined) return [];
  return (slice.endpoints ?? []).flatMap((endpoint) => {
    const [ip] = endpoint.addresses;
    return ip === undefined ? [] : [{ ip, port: number, isLocal: endpoint.nodeName === nodeName, endpoint }];
  });
}

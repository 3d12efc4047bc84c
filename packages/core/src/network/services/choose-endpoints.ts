import type { Endpoint, EndpointSlice, ServicePort } from '@gantry/api-types';

/** Where the choice is made. */
export interface NodePlace {
  readonly nodeName: string;
  /** As the Node's label `topology.kubernetes.io/zone` says. */
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
  return orFallback(all);
}

/** Those on this node, by the same rule: a node whose only endpoints are leaving still uses them. Pure. */
export function localEndpoints(
  port: ServicePort,
  slices: readonly EndpointSlice[],
  place: NodePlace,
): readonly Candidate[] {
  const all = slices.flatMap((slice) => candidatesOf(port, slice, place)).filter(({ isLocal }) => isLocal);
  return orFallback(all);
}

/**
 * Narrows the endpoints to those that their EndpointSlices' hints name for this node or, where none does, for its zone.
 * Hints count where every ready endpoint has one, as with kube-proxy: else some node might have none. Pure.
 */
export function followHints(candidates: readonly Candidate[], { nodeName, zone }: NodePlace): readonly Candidate[] {
  const ready = candidates.filter(isReady);
  const named = (namesOf: (candidate: Candidate) => readonly { name: string }[], wanted: string | undefined) =>
    ready.every((candidate) => namesOf(candidate).length > 0)
      ? ready.filter((candidate) => namesOf(candidate).some(({ name }) => name === wanted))
      : [];
  const here = named(({ endpoint }) => endpoint.hints?.forNodes ?? [], nodeName);
  if (here.length > 0) return here;
  const near = named(({ endpoint }) => endpoint.hints?.forZones ?? [], zone);
  return near.length > 0 ? near : candidates;
}

function isReady({ endpoint }: Candidate): boolean {
  return endpoint.conditions?.ready ?? true;
}

function orFallback(all: readonly Candidate[]): readonly Candidate[] {
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

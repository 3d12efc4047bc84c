import type { EndpointSlice } from '@gantry/api-types';
import type { HistoryAnswer, HistoryMetric } from '@gantry/api-types/history';

/** One address behind a Service, as its slices say. */
export interface ServiceEndpoint {
  readonly address: string;
  readonly state: 'ready' | 'serving' | 'not ready' | 'terminating';
  readonly nodeName: string | undefined;
  readonly zone: string | undefined;
  readonly pod: { readonly namespace: string; readonly name: string; readonly uid: string } | undefined;
}

/** The endpoints of a Service's slices, ready ones first, then by pod or address. */
export function endpointsOf(slices: readonly EndpointSlice[]): ServiceEndpoint[] {
  const order = { ready: 0, serving: 1, 'not ready': 2, terminating: 3 };
  return slices
    .flatMap((slice) =>
      slice.endpoints.flatMap((endpoint) => endpoint.addresses.map((address) => toEndpoint(slice, endpoint, address))),
    )
    .sort(
      (a, b) => order[a.state] - order[b.state] || (a.pod?.name ?? a.address).localeCompare(b.pod?.name ?? b.address),
    );
}

function toEndpoint(
  slice: EndpointSlice,
  { conditions, nodeName, zone, targetRef }: EndpointSlice['endpoints'][number],
  address: string,
): ServiceEndpoint {
  const pod =
    targetRef?.kind === 'Pod' && targetRef.name
      ? {
          namespace: targetRef.namespace ?? slice.metadata.namespace ?? '',
          name: targetRef.name,
          uid: targetRef.uid ?? '',
        }
      : undefined;
  return { address, state: stateOf(conditions), nodeName, zone, pod };
}

/** An unset `ready` counts as ready, says the API; one that ends may still serve. */
function stateOf(conditions: EndpointSlice['endpoints'][number]['conditions']): ServiceEndpoint['state'] {
  if (conditions?.terminating) return conditions.serving ? 'serving' : 'terminating';
  return (conditions?.ready ?? true) ? 'ready' : 'not ready';
}

/** Bytes per second that a pod's whole network carried lately; undefined where its node does not count them. */
export interface PodTraffic {
  readonly rx: number;
  readonly tx: number;
}

/** The last known rates by pod uid. */
export function trafficOf(answer: HistoryAnswer | undefined): ReadonlyMap<string, PodTraffic> {
  const rates = new Map<string, PodTraffic>();
  for (const { of, values } of answer?.series ?? []) {
    // What was zero throughout is left out: only where something else was sampled does that mean zero.
    const isSampled = Object.keys(values).length > 0;
    const hasNetwork = values.rxBytes !== undefined || values.txBytes !== undefined;
    if (!isSampled || !hasNetwork) continue;
    const last = (metric: HistoryMetric): number => values[metric]?.findLast((value) => value !== null) ?? 0;
    rates.set(of.slice('pod/'.length), { rx: last('rxBytes'), tx: last('txBytes') });
  }
  return rates;
}

import type { EndpointSlice, Service } from '@gantry/api-types';
import type { NodePlace } from './choose-endpoints.ts';

/** Whether a balancer outside asks the nodes of the Service which of them have endpoints. Pure. */
export function needsHealthCheckPort({ spec }: Pick<Service, 'spec'>): boolean {
  return spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
}

/** How many ready endpoints of the Service are on the node; those that are leaving no longer count. Pure. */
export function countLocalEndpoints(slices: readonly EndpointSlice[], { nodeName }: NodePlace): number {
  const addresses = slices.flatMap(({ endpoints }) =>
    (endpoints ?? [])
      .filter((endpoint) => endpoint.nodeName === nodeName && (endpoint.conditions?.ready ?? true))
      .flatMap((endpoint) => endpoint.addresses),
  );
  return new Set(addresses).size;
}

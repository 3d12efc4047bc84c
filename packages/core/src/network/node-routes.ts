import type { NodeRoute } from '@gantry/api-types/protocol';

/** How traffic gets to another host's pods: by its address on a shared segment, or through the tunnel. */
export interface PeerRoute extends NodeRoute {
  readonly by: 'route' | 'vxlan';
}

export interface PeerRoutesInput {
  readonly nodeName: string;
  /** This node's host. */
  readonly hostIP: string;
  readonly routes: readonly NodeRoute[];
  /** `auto`: a plain route where the host is on one segment with this one, the tunnel elsewhere. */
  readonly mode: 'auto' | 'routes' | 'vxlan';
  /** Whether the address is reached without a gateway. */
  readonly isOnLink: (hostIP: string) => boolean;
}

/**
 * The routes of a node to the pods of others. Nodes of the same host have none: the host routes to each of its pods
 * already. Pure.
 */
export function planPeerRoutes({ nodeName, hostIP, routes, mode, isOnLink }: PeerRoutesInput): PeerRoute[] {
  return routes
    .filter((route) => route.nodeName !== nodeName && route.hostIP !== hostIP)
    .map((route) => {
      const isPlain = mode === 'routes' || (mode === 'auto' && isOnLink(route.hostIP));
      return { ...route, by: isPlain ? 'route' : 'vxlan' };
    });
}

/** A route as the kernel has it. */
export interface KernelRoute {
  readonly destination: string;
  readonly gateway: string;
  readonly isThroughTunnel: boolean;
}

/** What to set and what to remove so that the kernel has just the wanted routes. Pure; applied, it plans nothing. */
export function planRouteChanges(
  wanted: readonly KernelRoute[],
  present: readonly KernelRoute[],
): { readonly set: readonly KernelRoute[]; readonly remove: readonly KernelRoute[] } {
  const isSame = (a: KernelRoute, b: KernelRoute) =>
    a.destination === b.destination && a.gateway === b.gateway && a.isThroughTunnel === b.isThroughTunnel;
  return {
    set: wanted.filter((route) => !present.some((other) => isSame(route, other))),
    // One that only leads elsewhere now is replaced, so that there is no moment without.
    remove: present.filter(({ destination }) => !wanted.some((route) => route.destination === destination)),
  };
}

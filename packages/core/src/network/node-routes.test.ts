import type { NodeRoute } from '@gantry/api-types/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KernelRoute, planPeerRoutes, planRouteChanges } from './node-routes.ts';

const near: NodeRoute = { nodeName: 'near', podCIDR: '10.0.1.0/24', hostIP: '192.0.2.2' };
const far: NodeRoute = { nodeName: 'far', podCIDR: '10.0.2.0/24', hostIP: '203.0.113.9' };
const sameHost: NodeRoute = { nodeName: 'twin', podCIDR: '10.0.3.0/24', hostIP: '192.0.2.1' };
const self: NodeRoute = { nodeName: 'self', podCIDR: '10.0.0.0/24', hostIP: '192.0.2.1' };
const input = {
  nodeName: 'self',
  hostIP: '192.0.2.1',
  routes: [self, near, far, sameHost],
  isOnLink: (ip: string) => ip.startsWith('192.0.2.'),
};

describe('routes to the pods of other nodes', () => {
  it.each([
    ['auto', 'route', 'vxlan'],
    ['routes', 'route', 'route'],
    ['vxlan', 'vxlan', 'vxlan'],
  ] as const)('in mode %s go by %s on the segment and by %s beyond it', (mode, nearBy, farBy) => {
    expect(planPeerRoutes({ ...input, mode })).toEqual([
      { ...near, by: nearBy },
      { ...far, by: farBy },
    ]);
  });

  it('come to what is wanted, whatever was there, and then to rest', () => {
    const route: fc.Arbitrary<KernelRoute> = fc.record({
      destination: fc.constantFrom('10.0.1.0/24', '10.0.2.0/24', '10.0.3.0/24'),
      gateway: fc.constantFrom('192.0.2.2', '192.0.2.3'),
      isThroughTunnel: fc.boolean(),
    });
    const routes = fc.uniqueArray(route, { selector: ({ destination }) => destination });
    fc.assert(
      fc.property(routes, routes, (wanted, present) => {
        const { set, remove } = planRouteChanges(wanted, present);
        const after = new Map(present.map((entry) => [entry.destination, entry]));
        for (const entry of set) after.set(entry.destination, entry);
        for (const { destination } of remove) after.delete(destination);
        expect(new Set(after.values())).toEqual(new Set(wanted));
        expect(planRouteChanges(wanted, [...after.values()])).toEqual({ set: [], remove: [] });
      }),
    );
  });
});

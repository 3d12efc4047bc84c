import type { Node } from '@gantry/api-types';
import { parseCpuMilli } from '@gantry/api-types';
import { isNodeReady } from './taints.ts';

const zoneLabel = 'topology.kubernetes.io/zone';
const excludedLabels = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];
/** How much more than its part of the endpoints' work a zone's endpoints may have to do. */
const overload = 0.2;

/** The zone that the node is in, as its label says. Pure. */
export function zoneOf(node: Node | undefined): string | undefined {
  return node?.metadata.labels?.[zoneLabel];
}

/** What part of the ready nodes' allocatable cpu each zone has, or why that cannot be said. */
export type ZoneShares =
  | { readonly shares: ReadonlyMap<string, number> }
  /** In Kubernetes' words. */
  | { readonly problem: string };

/** How the zones share the cluster's cpu; control planes carry no pods and do not count. Pure. */
export function zoneSharesOf(nodes: readonly Node[]): ZoneShares {
  const cpus = new Map<string, number>();
  let total = 0;
  for (const node of nodes) {
    if (!countsForZones(node)) continue;
    const zone = zoneOf(node);
    const cpu = parseCpuMilli(node.status?.allocatable?.cpu ?? '0');
    if (!zone || cpu === 0) return { problem: unknownNodes };
    cpus.set(zone, (cpus.get(zone) ?? 0) + cpu);
    total += cpu;
  }
  if (cpus.size === 0) return { problem: unknownNodes };
  if (cpus.size === 1) return { problem: 'Nodes only ready in one zone' };
  return { shares: new Map([...cpus].map(([zone, cpu]) => [zone, cpu / total])) };
}

const unknownNodes = 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes';

/** What of a node {@link zoneSharesOf} looks at, as one text. Pure. */
export function zoneFactsOf(node: Node | undefined): string {
  if (!node || !countsForZones(node)) return '';
  return `${zoneOf(node) ?? ''} ${node.status?.allocatable?.cpu ?? ''}`;
}

function countsForZones(node: Node): boolean {
  return isNodeReady(node) && !excludedLabels.some((label) => node.metadata.labels?.[label] !== undefined);
}

/**
 * Which zone each endpoint serves, given the zone that each is in: its own, but that zones with more endpoints than
 * their share of cpu give some away. Or why no zone can have what it needs, in Kubernetes' words. Pure: the same
 * endpoints in the same order serve the same zones.
 */
export function servedZones(own: readonly string[], shares: ReadonlyMap<string, number>): readonly string[] | string {
  const counted = `(${own.length} endpoints, ${shares.size} zones)`;
  if (shares.size > own.length) return `Insufficient number of endpoints ${counted}`;
  const wanted = new Map<string, number>();
  let left = own.length;
  for (const [zone, share] of shares) {
    const fair = share * own.length;
    // A hair less: a third of three endpoints is one, not a rounding error more.
    const least = Math.ceil(fair / (1 + overload) - 1e-9);
    wanted.set(zone, Math.max(fair, least));
    left -= least;
  }
  if (left < 0) {
    return `Unable to allocate minimum required endpoints to each zone without exceeding overload threshold ${counted}`;
  }
  const served = [...own];
  for (const { from, to } of movesBetween(own, wanted)) served[served.indexOf(from)] = to;
  return served;
}

/** Endpoints that go from zones with too many to zones with too few, until nothing is gained by a further one. */
function movesBetween(own: readonly string[], wanted: ReadonlyMap<string, number>): { from: string; to: string }[] {
  // A zone without ready nodes has no clients: it wants none, and all of its own go elsewhere.
  const zones = [...new Set([...wanted.keys(), ...own])].sort();
  const surplus = zones.map((zone) => ({
    zone,
    count: own.filter((each) => each === zone).length - (wanted.get(zone) ?? 0),
  }));
  const moves: { from: string; to: string }[] = [];
  for (;;) {
    const unserved = surplus.find(({ zone, count }) => !wanted.has(zone) && count > 0);
    const most = unserved ?? surplus.reduce((a, b) => (b.count > a.count ? b : a));
    const least = surplus.reduce((a, b) => (b.count < a.count ? b : a));
    const isWorth = most.count >= 0.5 && least.count <= -0.5 && (most.count >= 1 || least.count <= -1);
    if (!unserved && !isWorth) return moves;
    moves.push({ from: most.zone, to: least.zone });
    most.count -= 1;
    least.count += 1;
  }
}

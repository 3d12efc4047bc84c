import type { NodeInfo } from './node-info.ts';
import type { PodGroup } from './pod-groups.ts';

/** The nodes divided by one label: each slot's domain, or -1 where the node lacks the label. */
export interface Topology {
  readonly key: string;
  readonly domainOf: Int32Array;
  /** How many domains there are. */
  readonly size: number;
}

/** Divides the nodes by the label `key`. */
export function buildTopology(key: string, slots: readonly (NodeInfo | undefined)[]): Topology {
  const domainOf = new Int32Array(slots.length).fill(-1);
  const domains = new Map<string, number>();
  for (const [slot, node] of slots.entries()) {
    const value = node?.labels[key];
    if (value === undefined) continue;
    const domain = domains.get(value) ?? domains.size;
    domains.set(value, domain);
    domainOf[slot] = domain;
  }
  return { key, domainOf, size: domains.size };
}

/** A node's domain in words: `zone a`, `node node-3`; that it is in none: `no zone`. */
export function domainWords(node: NodeInfo, topologyKey: string): string {
  const value = node.labels[topologyKey];
  const name = topologyKey.slice(topologyKey.lastIndexOf('/') + 1);
  const noun = topologyKey === 'kubernetes.io/hostname' ? 'node' : name;
  return value === undefined ? `no ${noun}` : `${noun} ${value}`;
}

export interface DomainCountOptions {
  /** Leaves terminating pods out. */
  readonly ignoresTerminating?: boolean;
  /** 1 for slots that count. */
  readonly eligible?: Uint8Array | undefined;
}

/** How many pods of the groups each domain holds. */
export function countByDomain(
  topology: Topology,
  groups: readonly PodGroup[],
  options: DomainCountOptions = {},
): Int32Array {
  const counts = new Int32Array(topology.size);
  for (const group of groups) {
    addCounts(counts, topology, group.running, options.eligible);
    if (!options.ignoresTerminating) addCounts(counts, topology, group.terminating, options.eligible);
  }
  return counts;
}

function addCounts(
  counts: Int32Array,
  { domainOf }: Topology,
  pods: ReadonlyMap<number, number>,
  eligible: Uint8Array | undefined,
): void {
  for (const [slot, count] of pods) {
    const domain = domainOf[slot] ?? -1;
    if (domain >= 0 && (!eligible || eligible[slot] === 1)) counts[domain] = (counts[domain] ?? 0) + count;
  }
}

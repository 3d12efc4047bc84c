import {
  type ClusterFilterPlugin,
  type ClusterScorePlugin,
  type FilterResult,
  feasible,
  unschedulableLazily,
} from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import type { PodInfo } from '../pod-info.ts';
import type { ClusterSnapshot } from '../snapshot.ts';
import { countByDomain, domainWords, type Topology } from '../topology.ts';

const unmetAffinity = "node(s) didn't match pod affinity rules";
const unmetAntiAffinity = "node(s) didn't match pod anti-affinity rules";
const unmetExisting = "node(s) didn't satisfy existing pods anti-affinity rules";

/** Required pod affinity and anti-affinity, of the pod itself and of the pods that are there already. */
export const interPodAffinity: ClusterFilterPlugin = {
  name: 'InterPodAffinity',
  dependsOn: 'cluster',
  prepare: (pod, snapshot) => {
    const { requiredAffinity, requiredAntiAffinity } = pod.group;
    const { forbidding } = snapshot.groups.heldTerms(pod.group);
    if (!requiredAffinity && requiredAntiAffinity.length === 0 && forbidding.length === 0) return undefined;
    const unmetTerm = prepareAffinity(pod, snapshot);
    const avoided = requiredAntiAffinity.map(({ matcher, topologyKey }) =>
      domains(snapshot.topology(topologyKey), snapshot.groups.matching(matcher)),
    );
    const forbidden = forbidding.map(({ holders, term }) => domains(snapshot.topology(term.topologyKey), [holders]));
    return (node) => {
      const unmet = unmetTerm(node);
      if (unmet) return refusal(unmetAffinity, node, unmet, 'has none of the pods it must be near');
      const near = avoided.find((held) => held.has(node));
      if (near) return refusal(unmetAntiAffinity, node, near, `has ${near.count(node)} of the pods it keeps away from`);
      const held = forbidden.find((one) => one.has(node));
      return held
        ? refusal(unmetExisting, node, held, `has ${held.count(node)} of the pods that keep it away`)
        : feasible;
    };
  },
};

/** Preferred affinity and anti-affinity in both directions; required affinity of present pods attracts at weight 1. */
export const interPodAffinityScore: ClusterScorePlugin = {
  name: 'InterPodAffinity',
  weight: 2,
  dependsOn: 'cluster',
  scoreAll: (pod, snapshot, feasibleSlots) => {
    const { preferring } = snapshot.groups.heldTerms(pod.group);
    const own = pod.group.preferredAffinity;
    if (own.length === 0 && preferring.length === 0) return undefined;
    const scores = new Float64Array(feasibleSlots.length);
    const add = (topology: Topology, counts: Int32Array, weight: number): void => {
      for (let index = 0; index < feasibleSlots.length; index++) {
        const domain = topology.domainOf[feasibleSlots[index] ?? -1] ?? -1;
        if (domain >= 0) scores[index] = (scores[index] ?? 0) + weight * (counts[domain] ?? 0);
      }
    };
    for (const { matcher, topologyKey, weight } of own) {
      const topology = snapshot.topology(topologyKey);
      add(topology, countByDomain(topology, snapshot.groups.matching(matcher)), weight);
    }
    for (const { holders, term } of preferring) {
      const topology = snapshot.topology(term.topologyKey);
      add(topology, countByDomain(topology, [holders]), term.weight);
    }
    return spreadToHundred(scores);
  },
};

function spreadToHundred(scores: Float64Array): Float64Array | undefined {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const score of scores) {
    if (score < min) min = score;
    if (score > max) max = score;
  }
  return min < max ? scores.map((score) => Math.floor((100 * (score - min)) / (max - min))) : undefined;
}

interface Domains {
  readonly topology: Topology;
  readonly isEmpty: boolean;
  /** Whether the node's domain holds one of the pods; false for a node outside the topology. */
  has(node: NodeInfo): boolean;
  /** How many of the pods the node's domain holds. */
  count(node: NodeInfo): number;
}

function refusal(reason: string, node: NodeInfo, { topology }: Domains, words: string): FilterResult {
  return unschedulableLazily(reason, () => `${domainWords(node, topology.key)} ${words}`);
}

function domains(topology: Topology, groups: Parameters<typeof countByDomain>[1]): Domains {
  const counts = countByDomain(topology, groups);
  const count = (node: NodeInfo): number => counts[topology.domainOf[node.slot] ?? -1] ?? 0;
  return { topology, isEmpty: counts.every((held) => held === 0), has: (node) => count(node) > 0, count };
}

/**
 * The term that a node does not meet. The first pod of a group that wants to be near its own kind may go anywhere in the
 * topology.
 */
function prepareAffinity(pod: PodInfo, snapshot: ClusterSnapshot): (node: NodeInfo) => Domains | undefined {
  const required = pod.group.requiredAffinity;
  if (!required) return () => undefined;
  const groups = snapshot.groups.matching(required.matcher);
  const terms = required.topologyKeys.map((key) => domains(snapshot.topology(key), groups));
  const isFirstOfItsKind = terms.every((term) => term.isEmpty) && snapshot.groups.matches(required.matcher, pod.group);
  if (!isFirstOfItsKind) return (node) => terms.find((term) => !term.has(node));
  return (node) => terms.find(({ topology }) => (topology.domainOf[node.slot] ?? -1) < 0);
}

import { type ClusterFilterPlugin, type ClusterScorePlugin, feasible, unschedulable } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import type { PodInfo } from '../pod-info.ts';
import type { ClusterSnapshot } from '../snapshot.ts';
import { countByDomain, type Topology } from '../topology.ts';

const unmetAffinity = unschedulable("node(s) didn't match pod affinity rules");
const unmetAntiAffinity = unschedulable("node(s) didn't match pod anti-affinity rules");
const unmetExisting = unschedulable("node(s) didn't satisfy existing pods anti-affinity rules");

/** Required pod affinity and anti-affinity, of the pod itself and of the pods that are there already. */
export const interPodAffinity: ClusterFilterPlugin = {
  name: 'InterPodAffinity',
  dependsOn: 'cluster',
  prepare: (pod, snapshot) => {
    const { requiredAffinity, requiredAntiAffinity } = pod.group;
    const { forbidding } = snapshot.groups.heldTerms(pod.group);
    if (!requiredAffinity && requiredAntiAffinity.length === 0 && forbidding.length === 0) return undefined;
    const meetsAffinity = prepareAffinity(pod, snapshot);
    const avoided = requiredAntiAffinity.map(({ matcher, topologyKey }) =>
      domains(snapshot.topology(topologyKey), snapshot.groups.matching(matcher)),
    );
    const forbidden = forbidding.map(({ holders, term }) => domains(snapshot.topology(term.topologyKey), [holders]));
    return (node) => {
      if (!meetsAffinity(node)) return unmetAffinity;
      if (avoided.some((held) => held.has(node))) return unmetAntiAffinity;
      return forbidden.some((held) => held.has(node)) ? unmetExisting : feasible;
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
}

function domains(topology: Topology, groups: Parameters<typeof countByDomain>[1]): Domains {
  const counts = countByDomain(topology, groups);
  return {
    topology,
    isEmpty: counts.every((count) => count === 0),
    has: (node) => (counts[topology.domainOf[node.slot] ?? -1] ?? 0) > 0,
  };
}

/** The first pod of a group that wants to be near its own kind may go anywhere in the topology. */
function prepareAffinity(pod: PodInfo, snapshot: ClusterSnapshot): (node: NodeInfo) => boolean {
  const required = pod.group.requiredAffinity;
  if (!required) return () => true;
  const groups = snapshot.groups.matching(required.matcher);
  const terms = required.topologyKeys.map((key) => domains(snapshot.topology(key), groups));
  const isFirstOfItsKind = terms.every((term) => term.isEmpty) && snapshot.groups.matches(required.matcher, pod.group);
  if (!isFirstOfItsKind) return (node) => terms.every((term) => term.has(node));
  return (node) => terms.every(({ topology }) => (topology.domainOf[node.slot] ?? -1) >= 0);
}

import {
  type ClusterFilterPlugin,
  type ClusterScorePlugin,
  type FilterResult,
  feasible,
  unschedulableLazily,
} from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import type { SpreadConstraint } from '../pod-classes.ts';
import type { PodInfo } from '../pod-info.ts';
import type { ClusterSnapshot } from '../snapshot.ts';
import { countByDomain, domainWords, type Topology } from '../topology.ts';

const unmet = "node(s) didn't match pod topology spread constraints";
const lacksLabel = "node(s) didn't match pod topology spread constraints (missing required label)";

/** Refuses nodes where the pod would exceed the `maxSkew` of a `DoNotSchedule` constraint. */
export const podTopologySpread: ClusterFilterPlugin = {
  name: 'PodTopologySpread',
  dependsOn: 'cluster',
  prepare: (pod, snapshot) => {
    const constraints = pod.group.hardSpread;
    if (constraints.length === 0) return undefined;
    const checks = constraints.map((constraint) => prepareSkewCheck(constraint, pod, snapshot));
    return (node) => {
      for (const check of checks) {
        const result = check(node);
        if (result !== feasible) return result;
      }
      return feasible;
    };
  },
};

/** Prefers domains with fewer of the pods to be spread: `ScheduleAnyway` constraints, or the built-in default ones. */
export const podTopologySpreadScore: ClusterScorePlugin = {
  name: 'PodTopologySpread',
  weight: 2,
  dependsOn: 'cluster',
  scoreAll: (pod, snapshot, feasibleSlots) => {
    const constraints = pod.group.softSpread;
    if (constraints.length === 0) return undefined;
    const isIgnored = findIgnored(constraints, snapshot, feasibleSlots);
    const scores = new Float64Array(feasibleSlots.length);
    for (const constraint of constraints)
      addSpreadScore(scores, constraint, { pod, snapshot, feasibleSlots, isIgnored });
    return normalizeSpread(scores, isIgnored);
  },
};

function prepareSkewCheck(
  constraint: SpreadConstraint,
  pod: PodInfo,
  snapshot: ClusterSnapshot,
): (node: NodeInfo) => FilterResult {
  const topology = snapshot.topology(constraint.topologyKey);
  const eligible = findEligible(constraint, pod.group.hardSpread, pod, snapshot);
  const groups = snapshot.groups.matching(constraint.matcher);
  const counts = countByDomain(topology, groups, { ignoresTerminating: true, eligible });
  const level = leastCount(counts, constraint, presentDomains(topology, eligible));
  const self = constraint.matchesSelf ? 1 : 0;
  const { topologyKey, maxSkew } = constraint;
  return (node) => {
    const domain = topology.domainOf[node.slot] ?? -1;
    if (domain < 0) return unschedulableLazily(lacksLabel, () => `has no label ${topologyKey}`);
    const held = (counts[domain] ?? 0) + self;
    if (held - level.least <= maxSkew) return feasible;
    return unschedulableLazily(unmet, () => skewWords(domainWords(node, topologyKey), held, level, constraint));
  };
}

/** `zone a would have 3 of them, the least has 1, maxSkew 1`. */
function skewWords(domain: string, held: number, level: Level, { maxSkew, minDomains }: SpreadConstraint): string {
  const few = `as there are fewer than ${minDomains} domains the least counts as 0`;
  const least = level.isShort ? few : `the least has ${level.least}`;
  return `${domain} would have ${held} of them, ${least}, maxSkew ${maxSkew}`;
}

interface Level {
  /** Pods in the domain that has the fewest. */
  readonly least: number;
  /** There are fewer domains than `minDomains`. */
  readonly isShort: boolean;
}

/** Domains that hold an eligible node; undefined where all do. */
function presentDomains(topology: Topology, eligible: Uint8Array | undefined): Uint8Array | undefined {
  if (!eligible) return undefined;
  const present = new Uint8Array(topology.size);
  for (let slot = 0; slot < topology.domainOf.length; slot++) {
    const domain = topology.domainOf[slot] ?? -1;
    if (domain >= 0 && eligible[slot] === 1) present[domain] = 1;
  }
  return present;
}

/** The global minimum that skew is measured against; 0 while there are fewer domains than `minDomains`. */
function leastCount(counts: Int32Array, { minDomains }: SpreadConstraint, present: Uint8Array | undefined): Level {
  let least = Number.POSITIVE_INFINITY;
  let domains = 0;
  for (const [domain, count] of counts.entries()) {
    if (present && present[domain] !== 1) continue;
    domains++;
    if (count < least) least = count;
  }
  const isShort = domains < minDomains;
  return { least: domains === 0 || isShort ? 0 : least, isShort };
}

/** Slots whose pods count for a constraint; undefined where that is every node of its topology. */
function findEligible(
  constraint: SpreadConstraint,
  together: readonly SpreadConstraint[],
  pod: PodInfo,
  snapshot: ClusterSnapshot,
): Uint8Array | undefined {
  const eligibility = snapshot.eligibility(pod.fit);
  const byAffinity = constraint.honorsAffinity ? eligibility.byAffinity : undefined;
  const byTaints = constraint.honorsTaints ? eligibility.byTaints : undefined;
  const otherTopologies = together
    .filter((other) => other.topologyKey !== constraint.topologyKey && !other.isDefault)
    .map((other) => snapshot.topology(other.topologyKey));
  if (!byAffinity && !byTaints && otherTopologies.length === 0) return undefined;
  const eligible = new Uint8Array(snapshot.slots.length);
  for (let slot = 0; slot < eligible.length; slot++) {
    const isEligible =
      byAffinity?.[slot] !== 0 &&
      byTaints?.[slot] !== 0 &&
      otherTopologies.every(({ domainOf }) => (domainOf[slot] ?? -1) >= 0);
    if (isEligible) eligible[slot] = 1;
  }
  return eligible;
}

interface Scoring {
  readonly pod: PodInfo;
  readonly snapshot: ClusterSnapshot;
  readonly feasibleSlots: Int32Array;
  readonly isIgnored: Uint8Array | undefined;
}

/** Feasible nodes that lack a label the pod's own constraints need score 0; undefined where there are none. */
function findIgnored(
  constraints: readonly SpreadConstraint[],
  snapshot: ClusterSnapshot,
  feasibleSlots: Int32Array,
): Uint8Array | undefined {
  let ignored: Uint8Array | undefined;
  for (const { isDefault, topologyKey } of constraints) {
    if (isDefault) continue;
    const { domainOf } = snapshot.topology(topologyKey);
    for (let index = 0; index < feasibleSlots.length; index++) {
      if ((domainOf[feasibleSlots[index] ?? -1] ?? -1) >= 0) continue;
      ignored ??= new Uint8Array(feasibleSlots.length);
      ignored[index] = 1;
    }
  }
  return ignored;
}

/** Adds pods per domain, weighted so that topologies with few domains (zones) weigh as much as those with many. */
function addSpreadScore(scores: Float64Array, constraint: SpreadConstraint, scoring: Scoring): void {
  const { pod, snapshot, feasibleSlots, isIgnored } = scoring;
  const topology = snapshot.topology(constraint.topologyKey);
  const { domainOf } = topology;
  if (topology.size === 0) return;
  const isHost = constraint.topologyKey === 'kubernetes.io/hostname';
  const eligible = isHost ? undefined : findEligible(constraint, pod.group.softSpread, pod, snapshot);
  const groups = snapshot.groups.matching(constraint.matcher);
  const counts = countByDomain(topology, groups, { ignoresTerminating: true, eligible });
  const seen = new Uint8Array(topology.size);
  let domains = 0;
  for (let index = 0; index < feasibleSlots.length; index++) {
    const domain = domainOf[feasibleSlots[index] ?? -1] ?? -1;
    if (domain < 0 || isIgnored?.[index] === 1 || seen[domain] === 1) continue;
    seen[domain] = 1;
    domains++;
  }
  const weight = Math.log(domains + 2);
  for (let index = 0; index < feasibleSlots.length; index++) {
    const domain = domainOf[feasibleSlots[index] ?? -1] ?? -1;
    if (domain < 0 || isIgnored?.[index] === 1) continue;
    scores[index] = (scores[index] ?? 0) + (counts[domain] ?? 0) * weight + constraint.maxSkew - 1;
  }
}

/** Kubernetes' scaling: few pods score high, relative to the highest and lowest count among the nodes. */
function normalizeSpread(scores: Float64Array, isIgnored: Uint8Array | undefined): Float64Array | undefined {
  let min = Number.POSITIVE_INFINITY;
  let max = 0;
  for (let index = 0; index < scores.length; index++) {
    if (isIgnored?.[index] === 1) continue;
    const score = Math.round(scores[index] ?? 0);
    scores[index] = score;
    if (score < min) min = score;
    if (score > max) max = score;
  }
  if (max === min && !isIgnored) return undefined;
  for (let index = 0; index < scores.length; index++) {
    if (isIgnored?.[index] === 1) scores[index] = 0;
    else scores[index] = max === 0 ? 100 : Math.floor((100 * (max + min - (scores[index] ?? 0))) / max);
  }
  return scores;
}

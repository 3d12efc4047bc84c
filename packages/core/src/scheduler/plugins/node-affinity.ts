import { feasible, type NodeFilterPlugin, type NodeScorePlugin, unschedulable } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { matchesNodeAffinity } from '../node-match.ts';
import type { FitClass } from '../pod-classes.ts';
import { matchesAll, matchesTerm } from '../requirements.ts';

const reason = "node(s) didn't match Pod's node affinity/selector";

/** Refuses nodes whose labels do not meet the pod's `nodeSelector` (os and arch among them) or required affinity. */
export const nodeAffinity: NodeFilterPlugin = {
  name: 'NodeAffinity',
  dependsOn: 'node',
  filter: (pod, node) => (matchesNodeAffinity(pod, node) ? feasible : unschedulable(reason, explain(pod, node))),
};

/** Sums the weights of the preferred terms that a node meets. */
export const nodeAffinityScore: NodeScorePlugin = {
  name: 'NodeAffinity',
  weight: 2,
  dependsOn: 'node',
  normalize: 'byMax',
  score: (pod, node) => {
    let sum = 0;
    for (const { weight, term } of pod.preferredNodeTerms) {
      if (matchesTerm(term, node.name, node.labels)) sum += weight;
    }
    return sum;
  },
};

function explain(pod: FitClass, node: NodeInfo): string | undefined {
  const missed = pod.nodeSelector.find((requirement) => !matchesAll([requirement], node.labels));
  if (!missed) return undefined;
  const present = node.labels[missed.key];
  const wanted = `${missed.key}=${missed.values[0]}`;
  return present === undefined
    ? `wants ${wanted}; the node has no such label`
    : `wants ${wanted}; the node has ${present}`;
}

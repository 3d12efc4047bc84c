import { feasible, type NodeFilterPlugin, type NodeScorePlugin, unschedulable } from '../framework.ts';
import { findUntolerated, tolerates } from '../node-match.ts';

/** Refuses nodes with a NoSchedule or NoExecute taint that the pod does not tolerate (not-ready nodes among them). */
export const taintToleration: NodeFilterPlugin = {
  name: 'TaintToleration',
  dependsOn: 'node',
  filter: (pod, node) => {
    if (node.taints.length === 0) return feasible;
    const taint = findUntolerated(pod, node.taints);
    return taint ? unschedulable(`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`) : feasible;
  },
};

/** Prefers nodes with fewer PreferNoSchedule taints that the pod does not tolerate. */
export const taintTolerationScore: NodeScorePlugin = {
  name: 'TaintToleration',
  weight: 3,
  dependsOn: 'node',
  normalize: 'byMaxReversed',
  score: (pod, node) => {
    if (node.taints.length === 0) return 0;
    const tolerations = pod.tolerations.filter(({ effect }) => !effect || effect === 'PreferNoSchedule');
    return node.taints.filter(
      (taint) => taint.effect === 'PreferNoSchedule' && !tolerations.some((toleration) => tolerates(toleration, taint)),
    ).length;
  },
};

import { feasible, type NodeFilterPlugin, unschedulable } from '../framework.ts';
import { tolerates } from '../node-match.ts';

const cordonTaint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** Refuses cordoned nodes, unless the pod tolerates the taint that stands for it. */
export const nodeUnschedulable: NodeFilterPlugin = {
  name: 'NodeUnschedulable',
  dependsOn: 'node',
  filter: (pod, node) =>
    node.isUnschedulable && !pod.tolerations.some((toleration) => tolerates(toleration, cordonTaint))
      ? unschedulable('node(s) were unschedulable')
      : feasible,
};

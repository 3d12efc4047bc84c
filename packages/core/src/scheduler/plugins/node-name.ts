import { feasible, type NodeFilterPlugin, unschedulable } from '../framework.ts';

/** Keeps a pod whose node affinity names its nodes (daemon pods) off all others, with Kubernetes' pre-filter wording. */
export const nodeName: NodeFilterPlugin = {
  name: 'NodeName',
  dependsOn: 'node',
  filter: (pod, node) =>
    pod.namedNodes && !pod.namedNodes.has(node.name)
      ? unschedulable("node(s) didn't satisfy plugin(s) [NodeAffinity]")
      : feasible,
};

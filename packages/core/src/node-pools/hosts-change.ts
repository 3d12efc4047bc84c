import type { AddNodesChange, NodePoolTemplate } from '@gantry/api-types';
import { nodePoolLabel } from '@gantry/api-types/kinds/node-pool-label';

/** The change that adds hosts as a pool's template describes them, with the label that all its hosts get. */
export function hostsChange(pool: string, template: NodePoolTemplate, count: number): AddNodesChange {
  const { cpu, memory, maxPods = 110, labels, taints } = template;
  return {
    type: 'addNodes',
    count,
    cpu,
    memory,
    pods: maxPods,
    namePrefix: `${pool}-new`,
    labels: { ...labels, [nodePoolLabel]: pool },
    ...(taints ? { taints } : {}),
  };
}

import type { RebalancePlanStatus } from '@gantry/api-types/rebalancing';
import type { ClusterStore } from '../state/cluster-store.ts';
import type { PreviewGhost, PreviewScene } from './preview-scene.ts';

/** A rebalance on the fleet: each pod as a ghost where it would go, and as leaving where it is. */
export function rebalanceScene(store: ClusterStore, plan: RebalancePlanStatus): PreviewScene {
  const ghostsOn = new Map<string, PreviewGhost[]>();
  for (const { pod: key, from, to, cpuMilli, memoryBytes } of plan.moves) {
    const present = store.pods.get(key);
    const root = present && store.rootOf(present);
    const ghost: PreviewGhost = {
      id: `preview ${key}`,
      pod: {
        key,
        uid: `preview ${key}`,
        createdAt: present?.createdAt ?? '',
        phase: 'Pending',
        status: 'Preview',
        nodeName: to,
        requests: { cpuMilli, memoryBytes },
        limits: present?.limits ?? { cpuMilli: 0, memoryBytes: 0 },
        containers: [],
      },
      ownerName: root?.name ?? key.slice(key.indexOf('/') + 1),
      hue: store.hues.of(root?.uid ?? ''),
      movedFrom: from,
    };
    const held = ghostsOn.get(to);
    if (held) held.push(ghost);
    else ghostsOn.set(to, [ghost]);
  }
  return {
    ghostsOn,
    leaving: new Set(plan.moves.map(({ pod }) => pod)),
    nodes: new Map(plan.nodes.map((node) => [node.name, node])),
    added: [],
    waits: [],
  };
}

import type { NodeVerdict, SchedulingDecision } from '@gantry/core/scheduler/decision';

const shortNames: Readonly<Record<string, string>> = {
  NodeResourcesFit: 'fit',
  NodeResourcesBalancedAllocation: 'balance',
  TaintToleration: 'taints',
  NodeAffinity: 'affinity',
  InterPodAffinity: 'pod affinity',
  PodTopologySpread: 'spread',
  ImageLocality: 'image',
};

/**
 * Why a pod is where it is, in a line: `chosen: node-4 (fit 73 + balance 76); next best node-2 (fit 47 + balance 52)`.
 * What scored both alike decided nothing and is left out.
 */
export function decisionWords(decision: SchedulingDecision): string {
  if (decision.outcome !== 'bound') return decision.message ?? 'no node was found';
  const feasible = bestFirst(decision);
  const chosen = feasible.find((node) => node.nodeName === decision.nodeName) ?? feasible[0];
  if (!chosen) return `chosen: ${decision.nodeName ?? 'a node'}`;
  const next = feasible.find((node) => node !== chosen);
  if (!next) return `chosen: ${chosen.nodeName}, the only node that fits`;
  const plugins = Object.keys(chosen.scores ?? {}).filter(
    (plugin) => scoreOf(chosen, plugin) !== scoreOf(next, plugin),
  );
  if (plugins.length === 0) return `chosen: ${chosen.nodeName}; ${next.nodeName} scored the same`;
  return `chosen: ${words(chosen, plugins)}; next best ${words(next, plugins)}`;
}

/** The nodes that would do, the highest score first. */
export function bestFirst({ nodes }: SchedulingDecision): NodeVerdict[] {
  return nodes.filter((node) => node.isFeasible).sort((a, b) => (b.totalScore ?? 0) - (a.totalScore ?? 0));
}

function words(node: NodeVerdict, plugins: readonly string[]): string {
  const parts = plugins.map((plugin) => `${pluginName(plugin)} ${scoreOf(node, plugin)}`);
  return `${node.nodeName} (${parts.join(' + ')})`;
}

function scoreOf(node: NodeVerdict, plugin: string): number {
  return Math.round(node.scores?.[plugin] ?? 0);
}

/** `VolumeBinding` -> `volume binding` where there is no shorter name. */
function pluginName(plugin: string): string {
  return shortNames[plugin] ?? plugin.replace(/(?<=[a-z])([A-Z])/g, ' $1').toLowerCase();
}

import type { FilterRefusal, NodeVerdict } from '@gantry/api-types/scheduling';
import { describeReason } from '../state/pending.ts';

/** A filter that refused somewhere: a column of the grid. */
export interface VerdictColumn {
  readonly id: string;
  readonly name: string;
}

const pluginWords: Readonly<Record<string, string>> = {
  NodeUnschedulable: 'Cordon',
  NodeName: 'Node name',
  NodePorts: 'Host ports',
  NodeAffinity: 'Labels',
  TaintToleration: 'Taints',
  PodTopologySpread: 'Spread',
  InterPodAffinity: 'Pod affinity',
  VolumeBinding: 'Volumes',
  VolumeZone: 'Volume zone',
};

const resourceWords: Readonly<Record<string, string>> = { cpu: 'CPU', memory: 'Memory', pods: 'Pod slots' };

/** The columns of a grid: every filter (and resource) that refused on some node, the most frequent first. */
export function verdictColumns(verdicts: readonly NodeVerdict[]): VerdictColumn[] {
  const counts = new Map<string, { name: string; count: number }>();
  for (const refusal of verdicts.flatMap((verdict) => verdict.refusals)) {
    const id = columnOf(refusal);
    const known = counts.get(id);
    if (known) known.count++;
    else counts.set(id, { name: columnName(refusal), count: 1 });
  }
  return [...counts]
    .sort(([a, x], [b, y]) => y.count - x.count || a.localeCompare(b))
    .map(([id, { name }]) => ({ id, name }));
}

/** What refused in this column on a node; undefined where the filter lets the pod pass. */
export function refusalIn(verdict: NodeVerdict, column: VerdictColumn): FilterRefusal | undefined {
  return verdict.refusals.find((refusal) => columnOf(refusal) === column.id);
}

/** Nearest miss first: what is short by little, then by much; what is not about amounts cannot be bought off. */
export function nearestFirst(verdicts: readonly NodeVerdict[]): NodeVerdict[] {
  return [...verdicts].sort((a, b) => missOf(a) - missOf(b) || compareNames(a, b));
}

function missOf(verdict: NodeVerdict): number {
  return verdict.refusals.reduce((sum, { need, short }) => {
    return sum + (need && short !== undefined ? Math.min(1, short / need) : 10);
  }, 0);
}

function compareNames(a: NodeVerdict, b: NodeVerdict): number {
  return a.nodeName.localeCompare(b.nodeName, undefined, { numeric: true });
}

function columnOf({ plugin, resource }: FilterRefusal): string {
  return resource ? `${plugin} ${resource}` : plugin;
}

function columnName({ plugin, resource, reason }: FilterRefusal): string {
  if (resource) return resourceWords[resource] ?? resource;
  if (plugin === 'NodeResourcesFit' && /^Too many pods$/.test(reason)) return 'Pod slots';
  return pluginWords[plugin] ?? plugin.replace(/(?<=[a-z])([A-Z])/g, ' $1');
}

/** A refusal that is not about amounts, in words: this node's own where the filter says them. */
export function refusalWords(refusal: FilterRefusal): string {
  return refusal.detail ?? describeReason(refusal.reason);
}

import { formatBytes, formatCpuMilli } from '@gantry/api-types/quantity';
import type { FilterRefusal } from './decision.ts';
import type { NodeChecker } from './evaluate.ts';
import { compareNames } from './names.ts';
import type { ClusterSnapshot } from './snapshot.ts';

/** The node that is refused for want of resources alone and lacks the least. */
export interface NearestNode {
  readonly nodeName: string;
  readonly shortages: readonly { readonly resource: string; readonly short: number }[];
}

/**
 * Kubernetes' sentence on a pod that fits no node, `0/3 nodes are available: 2 Insufficient cpu, 1 node(s) were
 * unschedulable.`, parts sorted as text; then, after the last full stop, what the nearest node lacks.
 */
export function unschedulableMessage(
  nodesTotal: number,
  countByReason: ReadonlyMap<string, number>,
  nearest: NearestNode | undefined,
): string {
  if (nodesTotal === 0) return 'no nodes available to schedule pods';
  const parts = [...countByReason].map(([reason, count]) => `${count} ${reason}`).sort(compareNames);
  const sentence = `0/${nodesTotal} nodes are available: ${parts.join(', ')}.`;
  if (!nearest) return sentence;
  const amounts = nearest.shortages.map(({ resource, short }) => formatShortage(resource, short));
  return `${sentence} Nearest: ${nearest.nodeName} is short of ${joinWords(amounts)}.`;
}

/** Looks for the node that only lacks resources, by the share of the request it cannot give; ties by name. */
export function findNearest(checker: NodeChecker, snapshot: ClusterSnapshot): NearestNode | undefined {
  let best: { nodeName: string; shortages: readonly FilterRefusal[]; share: number } | undefined;
  for (const node of snapshot.slots) {
    if (!node) continue;
    const first = checker.first(node);
    if (!first.every((refusal) => refusal.resource !== undefined)) continue;
    const share = Math.max(...first.map(({ need, short }) => (short ?? 0) / (need ?? 1)));
    if (best && (share > best.share || (share === best.share && node.name > best.nodeName))) continue;
    const all = checker.all(node);
    if (all.length === first.length) best = { nodeName: node.name, shortages: all, share };
  }
  if (!best) return undefined;
  const shortages = best.shortages.map(({ resource, short }) => ({ resource: resource ?? '', short: short ?? 0 }));
  return { nodeName: best.nodeName, shortages };
}

function formatShortage(resource: string, short: number): string {
  switch (resource) {
    case 'cpu':
      return `${formatCpuMilli(short)} cpu`;
    case 'memory':
    case 'ephemeral-storage':
      return `${formatBytes(roundUp(short))} ${resource}`;
    case 'pods':
      return short === 1 ? 'room for 1 pod' : `room for ${short} pods`;
    default:
      return `${short} ${resource}`;
  }
}

/** To whole MiB (KiB below that): short to read, and adding the amount named is enough. */
function roundUp(bytes: number): number {
  const unit = bytes < 1024 * 1024 ? 1024 : 1024 * 1024;
  return Math.ceil(bytes / unit) * unit;
}

function joinWords(words: readonly string[]): string {
  return words.length <= 1 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

import type { FeedNode } from '@gantry/api-types/feed';
import { useSearchValue } from './url-search.ts';

const zoneLabel = 'topology.kubernetes.io/zone';

/** Groupings with names of their own; any other is by a node label. */
const namedGroupings: Readonly<Record<string, string>> = { zone: zoneLabel, pool: 'gantry.io/node-pool' };

/** Labels that say nothing about a group: every node has its own, or all have the same. */
const uselessLabels = /^(kubernetes\.io\/hostname|beta\.kubernetes\.io\/.*|kubernetes\.io\/(os|arch))$/;

/** How the fleet is grouped (`zone`, `pool`, `none` or a label's key); a link holds it (`?group=pool`). */
export function useNodeGrouping(): [string, (grouping: string) => void] {
  const [text, setText] = useSearchValue('group');
  return [text ?? 'zone', (grouping) => setText(grouping === 'zone' ? undefined : grouping)];
}

/** The groupings that make sense for these nodes. */
export function nodeGroupings(nodes: Iterable<FeedNode>): string[] {
  const keys = new Set<string>();
  for (const node of nodes) for (const key of Object.keys(node.labels ?? {})) keys.add(key);
  const others = [...keys].filter((key) => !Object.values(namedGroupings).includes(key) && !uselessLabels.test(key));
  return ['zone', 'pool', ...others.sort((a, b) => a.localeCompare(b)), 'none'];
}

/** The group of a node; empty where it has none. */
export function groupOf(node: FeedNode, grouping: string): string {
  if (grouping === 'none') return '';
  if (grouping === 'zone') return node.zone ?? '';
  return node.labels?.[namedGroupings[grouping] ?? grouping] ?? '';
}

/** Names of nodes by group, both in their natural order. */
export function groupNodes(nodes: Iterable<FeedNode>, grouping: string): [string, string[]][] {
  const groups = new Map<string, string[]>();
  for (const node of nodes) {
    const group = groupOf(node, grouping);
    const names = groups.get(group);
    if (names) names.push(node.key);
    else groups.set(group, [node.key]);
  }
  // One collator for all: a new one for each comparison costs more than the sort.
  const byName = new Intl.Collator(undefined, { numeric: true }).compare;
  return [...groups.entries()]
    .map(([group, names]): [string, string[]] => [group, names.sort(byName)])
    .sort(([a], [b]) => byName(a, b));
}

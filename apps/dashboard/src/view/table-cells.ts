import type { FeedNode, FeedPod } from '@gantry/api-types/feed';
import { nodePoolLabel } from '@gantry/api-types/kinds/node-pool-label';
import type { PodUsage } from '@gantry/api-types/usage';
import { formatBytes, formatCpu, formatSpan, nameOf, namespaceOf } from '../format.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { isNodeReady, tileState, tileStateWords } from '../state/pod-state.ts';
import { nodeRails, type Rail } from '../state/rails.ts';
import { objectPath } from '../state/selection.ts';
import type { Column } from './sorted-table.tsx';

/** What a cell shows and sorts by, and where it leads. */
export interface TableCell {
  readonly sort: string | number;
  readonly text: string;
  /** A path of the page. */
  readonly path?: string;
}

export const nodeColumns: readonly Column[] = [
  { name: 'Node', width: 1.2 },
  { name: 'State', width: 1.2 },
  { name: 'Zone', width: 0.7 },
  { name: 'Pool', width: 0.8 },
  { name: 'CPU requested', width: 1.2, isNumber: true },
  { name: 'CPU used', width: 0.9, isNumber: true },
  { name: 'CPU limits', width: 0.9, isNumber: true },
  { name: 'Memory requested', width: 1.45, isNumber: true },
  { name: 'Memory used', width: 1.1, isNumber: true },
  { name: 'Memory limits', width: 1.15, isNumber: true },
  { name: 'Pods', width: 0.6, isNumber: true },
  { name: 'Age', width: 0.9, isNumber: true },
];

export const podColumns: readonly Column[] = [
  { name: 'Pod', width: 2 },
  { name: 'Namespace', width: 1 },
  { name: 'Workload', width: 1.1 },
  { name: 'Status', width: 1.3 },
  { name: 'Node', width: 0.9 },
  { name: 'CPU', width: 0.7, isNumber: true },
  { name: 'CPU used', width: 0.9, isNumber: true },
  { name: 'Throttled', width: 0.9, isNumber: true },
  { name: 'Memory', width: 0.85, isNumber: true },
  { name: 'Memory used', width: 1.1, isNumber: true },
  { name: 'Memory of limit', width: 1.3, isNumber: true },
  { name: 'Restarts', width: 0.85, isNumber: true },
  { name: 'Age', width: 1, isNumber: true },
];

/** A node's row, in the order of {@link nodeColumns}. `now` is server time. */
export function nodeCells(store: ClusterStore, node: FeedNode, now: number): TableCell[] {
  const isReady = isNodeReady(node);
  // The last sample of a node that is not heard of says nothing about now.
  const usage = isReady ? store.usage.get(node.key) : undefined;
  const { cpu, memory, podCount } = nodeRails(node, store.podsOn(node.key).values(), usage);
  return [
    { ...text(node.key), path: objectPath('Node', undefined, node.key) },
    text(`${isReady ? 'Ready' : 'NotReady'}${node.unschedulable ? ', cordoned' : ''}`),
    text(node.zone ?? ''),
    text(node.labels?.[nodePoolLabel] ?? ''),
    ...railCells(cpu, formatCpu),
    ...railCells(memory, formatBytes),
    { sort: podCount, text: String(podCount) },
    ageCell(node, now),
  ];
}

function railCells(rail: Rail, format: (amount: number) => string): TableCell[] {
  return [
    { sort: rail.requested, text: `${format(rail.requested)} of ${format(rail.allocatable)}` },
    amountCell(rail.used, format),
    { sort: rail.limits, text: rail.limits > 0 ? format(rail.limits) : 'none' },
  ];
}

export interface PodRow {
  readonly pod: FeedPod;
  readonly usage: PodUsage | undefined;
  /** It is gone from a lost node, and only shown as long as that is. */
  readonly isEvicted: boolean;
}

/** The rows of all pods: those that are, then those that lost nodes lost. */
export function podRows(store: ClusterStore): PodRow[] {
  const usage = new Map<string, PodUsage>();
  const evicted: PodRow[] = [];
  for (const node of store.nodes.values()) {
    if (isNodeReady(node)) for (const sample of store.usage.get(node.key)?.pods ?? []) usage.set(sample.uid, sample);
    for (const pod of store.ghosts.on(node.key).values()) evicted.push({ pod, usage: undefined, isEvicted: true });
  }
  const living = [...store.pods.values()].map((pod) => ({ pod, usage: usage.get(pod.uid), isEvicted: false }));
  return [...living, ...evicted];
}

/** A pod's row, in the order of {@link podColumns}. `now` is server time. */
export function podCells(store: ClusterStore, { pod, usage, isEvicted }: PodRow, now: number): TableCell[] {
  const { key, requests, limits, nodeName } = pod;
  const state = tileState(pod, nodeName ? store.nodes.get(nodeName) : undefined);
  const status = state === 'unknown' ? tileStateWords.unknown : pod.status;
  const ofLimit = usage && limits.memoryBytes > 0 ? usage.memoryBytes / limits.memoryBytes : undefined;
  return [
    // There is nothing to open of one that is gone.
    { ...text(nameOf(key)), ...(isEvicted ? {} : { path: objectPath('Pod', namespaceOf(key), nameOf(key)) }) },
    text(namespaceOf(key)),
    text(store.rootOf(pod).name),
    text(isEvicted ? `${status}, evicted` : status),
    text(nodeName ?? 'none'),
    amountCell(requests.cpuMilli, formatCpu),
    amountCell(usage?.cpuMilli, formatCpu),
    amountCell(usage?.throttledRatio, percent),
    amountCell(requests.memoryBytes, formatBytes),
    amountCell(usage?.memoryBytes, formatBytes),
    amountCell(ofLimit, percent),
    { sort: pod.restarts ?? 0, text: String(pod.restarts ?? 0) },
    ageCell(pod, now),
  ];
}

function text(value: string): TableCell {
  return { sort: value, text: value };
}

/** What is not known sorts below nothing. */
function amountCell(amount: number | undefined, format: (amount: number) => string): TableCell {
  return amount === undefined ? { sort: -1, text: '–' } : { sort: amount, text: format(amount) };
}

function ageCell({ createdAt }: { readonly createdAt: string }, now: number): TableCell {
  const age = now - Date.parse(createdAt);
  return { sort: age, text: formatSpan(age) };
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

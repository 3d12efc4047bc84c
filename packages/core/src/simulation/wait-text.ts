import type { NodeVerdict } from '@gantry/api-types';
import { formatBytes, formatCpuMilli } from '@gantry/api-types/quantity';
import type { NodeInfo } from '../scheduler/node-info.ts';
import type { PodInfo } from '../scheduler/pod-info.ts';
import type { ClusterSnapshot } from '../scheduler/snapshot.ts';

export interface WaitInput {
  readonly snapshot: ClusterSnapshot;
  readonly pod: PodInfo;
  readonly verdicts: readonly NodeVerdict[];
  readonly message: string;
  readonly count: number;
}

/**
 * Why pods wait, in plain words: `each needs 250m cpu, the largest hole left is 180m on node-3; 900m are free in total,
 * split over 6 nodes`.
 */
export function explainWait(input: WaitInput): string {
  const { snapshot, verdicts, message } = input;
  if (verdicts.length === 0) return 'there are no nodes';
  // What is refused whatever the node: claims, fields that are not supported.
  const wholesale = /^0\/\d+ nodes are available: (?!\d)(.*)\.$/.exec(message)?.[1];
  if (wholesale !== undefined) return wholesale;
  const candidates = verdicts.filter(({ refusals }) => refusals.every(({ resource }) => resource !== undefined));
  const others = countOthers(verdicts);
  const scarce = scarcest(candidates);
  if (!scarce) return `no node is left: ${others.join(', ')}`;
  const nodes = candidates.flatMap(({ nodeName }) => snapshot.node(nodeName) ?? []);
  const words = [shortage(input, scarce, nodes)];
  if (others.length > 0) words.push(`refused for other reasons: ${others.join(', ')}`);
  return words.join('; ');
}

function shortage({ pod, count }: WaitInput, resource: string, nodes: readonly NodeInfo[]): string {
  const subject = count === 1 ? 'it needs' : 'each needs';
  if (resource === 'pods') return `every node that suits has as many pods as it may (${nodes.length} nodes)`;
  const need = needOf(pod, resource);
  const holes = nodes.map((node) => ({ name: node.name, free: Math.max(0, freeOf(node, resource)) }));
  const largest = holes.reduce((best, hole) => (hole.free > best.free ? hole : best), { name: '', free: 0 });
  const total = holes.reduce((sum, { free }) => sum + free, 0);
  const open = holes.filter(({ free }) => free > 0).length;
  const unit = (value: number) => formatAmount(resource, value);
  if (total === 0) return `${subject} ${unit(need)} ${resource}, and no node that suits has any left`;
  const hole = `${subject} ${unit(need)} ${resource}, the largest ${resource} hole left is ${unit(largest.free)} (${largest.name})`;
  if (largest.free >= need) return `${hole}, where something else is short`;
  if (total < need) return `${hole}; only ${unit(total)} is free in total`;
  return `${hole}; ${unit(total)} is free in total but split over ${open} nodes`;
}

/** The resource that is short on most of the nodes that only lack resources. */
function scarcest(candidates: readonly NodeVerdict[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { refusals } of candidates) {
    for (const { resource = '' } of refusals) counts.set(resource, (counts.get(resource) ?? 0) + 1);
  }
  let best: string | undefined;
  for (const [resource, count] of counts) if (best === undefined || count > (counts.get(best) ?? 0)) best = resource;
  return best;
}

/** `4 node(s) had untolerated taint {gpu: only}`: refusals that are not about amounts, by node. */
function countOthers(verdicts: readonly NodeVerdict[]): string[] {
  const counts = new Map<string, number>();
  for (const { refusals } of verdicts) {
    const other = refusals.find(({ resource }) => resource === undefined);
    if (other) counts.set(other.reason, (counts.get(other.reason) ?? 0) + 1);
  }
  return [...counts].map(([reason, count]) => `${count} ${reason}`);
}

/** What the pod asks for of a resource. */
export function needOf({ fit: { requests } }: PodInfo, resource: string): number {
  if (resource === 'cpu') return requests.milliCpu;
  if (resource === 'memory') return requests.memoryBytes;
  if (resource === 'ephemeral-storage') return requests.ephemeralStorageBytes;
  return requests.scalars.get(resource) ?? 0;
}

/** What the node has left of a resource; negative where it is overcommitted. */
export function freeOf({ allocatable, requested }: NodeInfo, resource: string): number {
  if (resource === 'cpu') return allocatable.milliCpu - requested.milliCpu;
  if (resource === 'memory') return allocatable.memoryBytes - requested.memoryBytes;
  if (resource === 'ephemeral-storage') return allocatable.ephemeralStorageBytes - requested.ephemeralStorageBytes;
  return (allocatable.scalars.get(resource) ?? 0) - (requested.scalars.get(resource) ?? 0);
}

/** `250m`, `512Mi`. */
export function formatAmount(resource: string, value: number): string {
  if (resource === 'cpu') return formatCpuMilli(value);
  if (resource === 'memory' || resource === 'ephemeral-storage') return formatBytes(value);
  return String(value);
}

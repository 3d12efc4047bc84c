import type { NodeInfo } from '../scheduler/node-info.ts';
import type { ClusterSnapshot } from '../scheduler/snapshot.ts';

/** A node that takes pods of every kind: neither cordoned nor tainted. */
export function isOpen(node: NodeInfo): boolean {
  return !node.isUnschedulable && !node.taints.some(({ effect }) => effect === 'NoSchedule' || effect === 'NoExecute');
}

/** The open nodes, by slot. */
export function openNodes(snapshot: ClusterSnapshot): readonly NodeInfo[] {
  return snapshot.slots.filter((node) => node !== undefined && isOpen(node)) as NodeInfo[];
}

/** The share of a node that its pods ask for: the mean of cpu and memory, 1 for all of it. */
export function loadOf(node: NodeInfo): number {
  return (cpuShare(node) + memoryShare(node)) / 2;
}

/** How unevenly the open nodes are asked: the variance of their shares of cpu plus that of memory, times their number. */
export function imbalanceOf(snapshot: ClusterSnapshot): number {
  const nodes = openNodes(snapshot);
  return deviation(nodes.map(cpuShare)) + deviation(nodes.map(memoryShare));
}

/** The share of the fullest open node less that of the emptiest. */
export function spreadOf(snapshot: ClusterSnapshot): number {
  const loads = openNodes(snapshot).map(loadOf);
  return loads.length === 0 ? 0 : Math.max(...loads) - Math.min(...loads);
}

function cpuShare({ requested, allocatable }: NodeInfo): number {
  return allocatable.milliCpu > 0 ? requested.milliCpu / allocatable.milliCpu : 0;
}

function memoryShare({ requested, allocatable }: NodeInfo): number {
  return allocatable.memoryBytes > 0 ? requested.memoryBytes / allocatable.memoryBytes : 0;
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
}

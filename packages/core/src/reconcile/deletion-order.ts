import type { Pod } from '@gantry/api-types';
import { parseTime } from '../lib/timestamp.ts';
import { isPodActive, maxRestartCount, podReadySince } from './pod-state.ts';

const deletionCostAnnotation = 'controller.kubernetes.io/pod-deletion-cost';
const phaseOrder: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

interface RankedPod {
  readonly pod: Pod;
  /** Lower goes first; compared element by element. */
  readonly rank: readonly number[];
}

/**
 * The `count` pods to delete first when a ReplicaSet shrinks, in Kubernetes' order: unassigned, Pending, not ready, lower
 * deletion cost, more siblings on the node, ready for less time, more restarts, newer. `relatedPods` are the pods of the
 * same owner (a Deployment's other ReplicaSets included): they are what "doubled up on a node" is counted over.
 */
export function pickPodsToDelete(pods: readonly Pod[], relatedPods: readonly Pod[], count: number): readonly Pod[] {
  if (count <= 0) return [];
  if (count >= pods.length) return pods;
  const siblings = countByNode(relatedPods);
  const ranked = pods.map((pod): RankedPod => ({ pod, rank: rankOf(pod, siblings) }));
  ranked.sort(compareRanks);
  return ranked.slice(0, count).map((entry) => entry.pod);
}

function countByNode(pods: readonly Pod[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const pod of pods) {
    const node = pod.spec.nodeName;
    if (node && isPodActive(pod)) counts.set(node, (counts.get(node) ?? 0) + 1);
  }
  return counts;
}

function rankOf(pod: Pod, siblings: ReadonlyMap<string, number>): readonly number[] {
  const node = pod.spec.nodeName;
  const readySince = podReadySince(pod);
  return [
    node ? 1 : 0,
    phaseOrder[pod.status?.phase ?? ''] ?? 0,
    readySince === undefined ? 0 : 1,
    deletionCost(pod),
    -(node ? (siblings.get(node) ?? 0) : 0),
    -(readySince ?? 0),
    -maxRestartCount(pod),
    -(parseTime(pod.metadata.creationTimestamp) ?? 0),
  ];
}

function deletionCost(pod: Pod): number {
  const text = pod.metadata.annotations?.[deletionCostAnnotation];
  // Kubernetes reads a 32-bit integer and takes anything else as 0.
  return text !== undefined && /^-?\d{1,10}$/.test(text) ? Number(text) : 0;
}

function compareRanks(a: RankedPod, b: RankedPod): number {
  for (const [index, value] of a.rank.entries()) {
    const difference = value - (b.rank[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.pod.metadata.name < b.pod.metadata.name ? -1 : 1;
}

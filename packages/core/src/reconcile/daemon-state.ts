import type { DaemonSet, Pod } from '@gantry/api-types';
import { parseTime } from '../lib/timestamp.ts';
import { controllerRevisionHashLabel } from './controller-revisions.ts';
import { nodeNameOf } from './daemon-pod.ts';
import { isPodTerminal, podAvailableAt } from './pod-state.ts';

/** The daemons of one node that are to have one. */
export interface DaemonNode {
  readonly name: string;
  /** Neither ended nor being deleted, oldest first. */
  readonly running: readonly Pod[];
}

/** Groups pods by the node they are on or meant for. Those that ended and are being deleted count for nothing. */
export function daemonsByNode(pods: readonly Pod[]): ReadonlyMap<string, readonly Pod[]> {
  const byNode = new Map<string, Pod[]>();
  for (const pod of pods) {
    if (isPodTerminal(pod) && pod.metadata.deletionTimestamp !== undefined) continue;
    const name = nodeNameOf(pod);
    if (name === undefined) continue;
    const present = byNode.get(name);
    if (present) present.push(pod);
    else byNode.set(name, [pod]);
  }
  for (const present of byNode.values()) present.sort(byAge);
  return byNode;
}

/** Whether the pod has been ready for `minReadySeconds`. */
export function isDaemonAvailable(daemonSet: DaemonSet, pod: Pod, nowMs: number): boolean {
  const availableAt = podAvailableAt(pod, daemonSet.spec.minReadySeconds ?? 0);
  return availableAt !== undefined && availableAt <= nowMs;
}

/** Whether the pod was made from the present template. */
export function isUpToDate(pod: Pod, hash: string): boolean {
  return pod.metadata.labels?.[controllerRevisionHashLabel] === hash;
}

/** Whether an update may put the new daemon beside the old one. */
export function allowsSurge(daemonSet: DaemonSet): boolean {
  const { type, rollingUpdate } = daemonSet.spec.updateStrategy ?? {};
  const { maxSurge } = rollingUpdate ?? {};
  return type !== 'OnDelete' && maxSurge !== undefined && maxSurge !== 0 && maxSurge !== '0%';
}

function byAge(a: Pod, b: Pod): number {
  const difference = (parseTime(a.metadata.creationTimestamp) ?? 0) - (parseTime(b.metadata.creationTimestamp) ?? 0);
  return difference || (a.metadata.name < b.metadata.name ? -1 : 1);
}

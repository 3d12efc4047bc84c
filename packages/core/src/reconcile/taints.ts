import type { Node, NodeCondition, Pod, Taint, Toleration } from '@gantry/api-types';
import { formatTime, parseTime } from '../lib/timestamp.ts';

export const notReadyTaint = 'node.kubernetes.io/not-ready';
export const unreachableTaint = 'node.kubernetes.io/unreachable';
const unschedulableTaint = 'node.kubernetes.io/unschedulable';

/** Which status of which node condition calls for which NoSchedule taint. */
const conditionTaints: readonly { readonly type: string; readonly status: string; readonly key: string }[] = [
  { type: 'Ready', status: 'False', key: notReadyTaint },
  { type: 'Ready', status: 'Unknown', key: unreachableTaint },
  { type: 'MemoryPressure', status: 'True', key: 'node.kubernetes.io/memory-pressure' },
  { type: 'DiskPressure', status: 'True', key: 'node.kubernetes.io/disk-pressure' },
  { type: 'PIDPressure', status: 'True', key: 'node.kubernetes.io/pid-pressure' },
  { type: 'NetworkUnavailable', status: 'True', key: 'node.kubernetes.io/network-unavailable' },
];

const ownNoSchedule: ReadonlySet<string> = new Set([...conditionTaints.map(({ key }) => key), unschedulableTaint]);
const ownNoExecute: ReadonlySet<string> = new Set([notReadyTaint, unreachableTaint]);

/** The node's condition of that type. */
export function nodeCondition(node: Node, type: string): NodeCondition | undefined {
  return node.status?.conditions?.find((condition) => condition.type === type);
}

/** Whether the node is there and says that it is Ready. */
export function isNodeReady(node: Node | undefined): boolean {
  return node !== undefined && nodeCondition(node, 'Ready')?.status === 'True';
}

/**
 * The taints that a node's conditions and `spec.unschedulable` call for, other people's taints kept. Undefined where the
 * node has them already. A NoExecute taint that is new is only added with `mayEvict`; `waitsForEviction` says that one
 * is due.
 */
export function planNodeTaints(
  node: Node,
  nowMs: number,
  mayEvict: () => boolean,
): { readonly taints: readonly Taint[] | undefined; readonly waitsForEviction: boolean } {
  const present = node.spec.taints ?? [];
  const wanted = conditionTaints
    .filter(({ type, status }) => nodeCondition(node, type)?.status === status)
    .map(({ key }): Taint => ({ key, effect: 'NoSchedule' }));
  if (node.spec.unschedulable) wanted.push({ key: unschedulableTaint, effect: 'NoSchedule' });
  const readiness = nodeCondition(node, 'Ready')?.status;
  const evictionKey = readiness === 'False' ? notReadyTaint : readiness === 'Unknown' ? unreachableTaint : undefined;
  let waitsForEviction = false;
  if (evictionKey) {
    // A node that goes from not ready to unreachable was let through once.
    const isTainted = present.some(({ key, effect }) => effect === 'NoExecute' && ownNoExecute.has(key));
    if (isTainted || mayEvict()) wanted.push({ key: evictionKey, effect: 'NoExecute' });
    else waitsForEviction = true;
  }
  const isSame = (a: Taint, b: Taint) => a.key === b.key && a.effect === b.effect;
  const kept = present.filter((taint) => !isOwn(taint) || wanted.some((other) => isSame(taint, other)));
  const added = wanted.filter((taint) => !present.some((other) => isSame(taint, other)));
  if (added.length === 0 && kept.length === present.length) return { taints: undefined, waitsForEviction };
  const timeAdded = formatTime(nowMs);
  return { taints: [...kept, ...added.map((taint) => ({ ...taint, timeAdded }))], waitsForEviction };
}

function isOwn({ key, effect }: Taint): boolean {
  return (effect === 'NoSchedule' && ownNoSchedule.has(key)) || (effect === 'NoExecute' && ownNoExecute.has(key));
}

/** Whether the taint says that the node is not there, and is to drive pods away. */
export function isLossTaint({ key, effect }: Taint): boolean {
  return effect === 'NoExecute' && ownNoExecute.has(key);
}

/** Whether a toleration covers a taint, by Kubernetes' rules: no key with Exists covers all, no effect covers every effect. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  if (toleration.operator === 'Exists') return true;
  return Boolean(toleration.key) && (toleration.value ?? '') === (taint.value ?? '');
}

/**
 * When a pod must leave its node because of NoExecute taints, in milliseconds since the epoch; undefined where it may
 * stay for good. `notBeforeMs`: time from before then does not count (the controller had not looked yet).
 */
export function evictionTime(pod: Pod, taints: readonly Taint[], notBeforeMs: number): number | undefined {
  const evicting = taints.filter(({ effect }) => effect === 'NoExecute');
  if (evicting.length === 0) return undefined;
  let patienceMs = Number.POSITIVE_INFINITY;
  let sinceMs = Math.max(notBeforeMs, parseTime(pod.metadata.creationTimestamp) ?? 0);
  for (const taint of evicting) {
    sinceMs = Math.max(sinceMs, parseTime(taint.timeAdded) ?? 0);
    const matching = (pod.spec.tolerations ?? []).filter((toleration) => tolerates(toleration, taint));
    if (matching.length === 0) return Math.max(notBeforeMs, parseTime(taint.timeAdded) ?? 0);
    for (const { tolerationSeconds } of matching) {
      if (tolerationSeconds !== undefined) patienceMs = Math.min(patienceMs, Math.max(0, tolerationSeconds) * 1000);
    }
  }
  return patienceMs === Number.POSITIVE_INFINITY ? undefined : sinceMs + patienceMs;
}

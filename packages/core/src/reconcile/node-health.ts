import type { Node, NodeCondition, Pod, PodStatus } from '@gantry/api-types';
import { formatTime } from '../lib/timestamp.ts';
import { podCondition } from './pod-state.ts';

/** The conditions a node itself keeps up to date: unknown once it is not heard from. */
const ownConditions: readonly string[] = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];
const neverUpdated = 'NodeStatusNeverUpdated';
const stoppedUpdating = 'NodeStatusUnknown';
/** Marks pods whose Ready condition was taken away because of their node, so that it can be given back. */
const nodeNotReady = 'NodeNotReady';

/** True for a condition that was set because the node was not heard from. */
export function isUnheard(condition: NodeCondition | undefined): boolean {
  return condition?.status === 'Unknown' && (condition.reason === neverUpdated || condition.reason === stoppedUpdating);
}

/** The conditions of a node that is not heard from any more, with Kubernetes' reasons. Pure. */
export function lostNodeConditions(node: Node, nowMs: number): readonly NodeCondition[] {
  const at = formatTime(nowMs);
  const present = node.status?.conditions ?? [];
  const updated = present.map((condition): NodeCondition => {
    if (!ownConditions.includes(condition.type) || condition.status === 'Unknown') return condition;
    const message = 'Kubelet stopped posting node status.';
    return { ...condition, status: 'Unknown', reason: stoppedUpdating, message, lastTransitionTime: at };
  });
  const missing = ownConditions.filter((type) => !present.some((condition) => condition.type === type));
  const added = missing.map(
    (type): NodeCondition => ({
      type,
      status: 'Unknown',
      reason: neverUpdated,
      message: 'Kubelet never posted node status.',
      lastHeartbeatTime: node.metadata.creationTimestamp,
      lastTransitionTime: at,
    }),
  );
  return [...updated, ...added];
}

/** What a healthy node reports, for nodes that say only that they live (a fresh Lease, heartbeats). */
const healthy: Readonly<Record<string, readonly [status: string, reason: string, message: string]>> = {
  Ready: ['True', 'KubeletReady', 'node is posting heartbeats'],
  MemoryPressure: ['False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  DiskPressure: ['False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  PIDPressure: ['False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
};

/**
 * The conditions of a node that is heard from (again): those that were set because it was not go back to `remembered`,
 * or else to what a healthy node reports. What the node said itself stays. Undefined where nothing changes. Pure.
 */
export function returnedNodeConditions(
  node: Node,
  remembered: readonly NodeCondition[],
  nowMs: number,
): readonly NodeCondition[] | undefined {
  const at = formatTime(nowMs);
  const present = node.status?.conditions ?? [];
  const isReadyMissing = !present.some((condition) => condition.type === 'Ready');
  if (!isReadyMissing && !present.some(isUnheard)) return undefined;
  const conditions = present.map((condition): NodeCondition => {
    if (!isUnheard(condition)) return condition;
    const before = remembered.find((other) => other.type === condition.type && !isUnheard(other));
    const restored = before ?? healthyCondition(condition.type);
    return restored ? { ...restored, lastHeartbeatTime: at, lastTransitionTime: at } : condition;
  });
  const ready = isReadyMissing ? healthyCondition('Ready') : undefined;
  return ready ? [...conditions, { ...ready, lastHeartbeatTime: at, lastTransitionTime: at }] : conditions;
}

function healthyCondition(type: string): NodeCondition | undefined {
  const [status, reason, message] = healthy[type] ?? [];
  return status === undefined || reason === undefined || message === undefined
    ? undefined
    : { type, status, reason, message };
}

/** The status of a pod whose node is not ready, so that no traffic goes there; undefined where it is not ready anyway. */
export function unreadyPodStatus(pod: Pod, nowMs: number): PodStatus | undefined {
  if (podCondition(pod, 'Ready')?.status !== 'True') return undefined;
  return withReady(pod, { status: 'False', reason: nodeNotReady, message: 'Node is not ready' }, nowMs);
}

/** Gives the Ready condition back once the node is ready, where the containers were last reported ready; else undefined. */
export function returnedPodStatus(pod: Pod, nowMs: number): PodStatus | undefined {
  const ready = podCondition(pod, 'Ready');
  if (ready?.status !== 'False' || ready.reason !== nodeNotReady) return undefined;
  if (podCondition(pod, 'ContainersReady')?.status !== 'True') return undefined;
  return withReady(pod, { status: 'True' }, nowMs);
}

function withReady(
  pod: Pod,
  change: { readonly status: string; readonly reason?: string; readonly message?: string },
  nowMs: number,
): PodStatus {
  const conditions = (pod.status.conditions ?? []).map((condition) => {
    if (condition.type !== 'Ready') return condition;
    const { reason: _reason, message: _message, ...rest } = condition;
    return { ...rest, ...change, lastTransitionTime: formatTime(nowMs) };
  });
  return { ...pod.status, conditions };
}

import type {
  LabelSelector,
  NewObject,
  Pod,
  ReplicaSet,
  ReplicaSetCondition,
  ReplicaSetStatus,
  ReplicationController,
} from '@gantry/api-types';
import { omitZeros } from '../lib/omit-zeros.ts';
import { formatTime } from '../lib/timestamp.ts';
import { pickPodsToDelete } from './deletion-order.ts';
import { newPodFromTemplate } from './pod-from-template.ts';
import { isPodActive, isPodReady, isPodTerminal, podAvailableAt } from './pod-state.ts';

/** A ReplicaSet makes or deletes at most this many pods per pass. */
export const maxReplicaSetBurst = 500;

/** What asks for a number of equal pods: a ReplicationController differs by its selector, which is a plain map. */
export type ReplicaOwner = ReplicaSet | ReplicationController;

/** The selector, in the form that ReplicaSets have. */
export function replicaSelector(owner: ReplicaOwner): LabelSelector {
  return owner.kind === 'ReplicationController' ? { matchLabels: owner.spec.selector ?? {} } : owner.spec.selector;
}

export interface ReplicaSetPlan {
  /** How many pods to create from the template. */
  readonly createCount: number;
  readonly deletePods: readonly Pod[];
}

/**
 * What to create and delete so that the active ones of `pods` (those the ReplicaSet controls) are `spec.replicas`. Pure.
 * Pods that ended or are being deleted do not count. `relatedPods` as in `pickPodsToDelete`.
 */
export function planReplicaSet(
  replicaSet: ReplicaOwner,
  pods: readonly Pod[],
  relatedPods: readonly Pod[],
): ReplicaSetPlan {
  if (replicaSet.metadata.deletionTimestamp !== undefined) return { createCount: 0, deletePods: [] };
  const active = pods.filter(isPodActive);
  const missing = (replicaSet.spec.replicas ?? 1) - active.length;
  if (missing >= 0) return { createCount: Math.min(missing, maxReplicaSetBurst), deletePods: [] };
  const count = Math.min(-missing, maxReplicaSetBurst);
  return { createCount: 0, deletePods: pickPodsToDelete(active, relatedPods, count) };
}

/** A pod as the ReplicaSet's template describes it, managed by the ReplicaSet. */
export function newReplicaPod(owner: ReplicaOwner): NewObject<Pod> {
  return newPodFromTemplate(owner, owner.spec.template, { generateName: `${owner.metadata.name}-` });
}

/** Why the ReplicaSet could not make or delete pods. */
export interface ReplicaFailure {
  readonly reason: 'FailedCreate' | 'FailedDelete';
  readonly message: string;
}

export interface ReplicaSetStatusPlan {
  readonly status: ReplicaSetStatus;
  /** When the next ready pod becomes available by `minReadySeconds`, in milliseconds from now. */
  readonly recheckAfterMs: number | undefined;
}

/** The status that `pods` (those the ReplicaSet controls) amount to. `failure` is that of the pass just done. Pure. */
export function planReplicaSetStatus(
  replicaSet: ReplicaOwner,
  pods: readonly Pod[],
  nowMs: number,
  failure: ReplicaFailure | undefined,
): ReplicaSetStatusPlan {
  const minReadySeconds = replicaSet.spec.minReadySeconds ?? 0;
  const templateLabels = Object.entries(replicaSet.spec.template?.metadata?.labels ?? {});
  const counts = { replicas: 0, fullyLabeled: 0, ready: 0, available: 0, terminating: 0 };
  let nextAvailableAt = Number.POSITIVE_INFINITY;
  for (const pod of pods) {
    if (!isPodActive(pod)) {
      if (!isPodTerminal(pod)) counts.terminating += 1;
      continue;
    }
    counts.replicas += 1;
    const labels = pod.metadata.labels ?? {};
    if (templateLabels.every(([key, value]) => labels[key] === value)) counts.fullyLabeled += 1;
    if (!isPodReady(pod)) continue;
    counts.ready += 1;
    const availableAt = podAvailableAt(pod, minReadySeconds) ?? 0;
    if (availableAt <= nowMs) counts.available += 1;
    else nextAvailableAt = Math.min(nextAvailableAt, availableAt);
  }
  const conditions = planFailureCondition(replicaSet.status?.conditions ?? [], nowMs, failure);
  const status: ReplicaSetStatus = {
    replicas: counts.replicas,
    ...omitZeros({
      fullyLabeledReplicas: counts.fullyLabeled,
      readyReplicas: counts.ready,
      availableReplicas: counts.available,
      observedGeneration: replicaSet.metadata.generation ?? 0,
    }),
    // Only ReplicaSets have the field.
    ...(replicaSet.kind === 'ReplicaSet' ? { terminatingReplicas: counts.terminating } : {}),
    ...(conditions.length > 0 ? { conditions: [...conditions] } : {}),
  };
  const recheckAfterMs = nextAvailableAt === Number.POSITIVE_INFINITY ? undefined : nextAvailableAt - nowMs;
  return { status, recheckAfterMs };
}

function planFailureCondition(
  present: readonly ReplicaSetCondition[],
  nowMs: number,
  failure: ReplicaFailure | undefined,
): readonly ReplicaSetCondition[] {
  const others = present.filter((condition) => condition.type !== 'ReplicaFailure');
  if (!failure) return others.length === present.length ? present : others;
  const before = present.find((condition) => condition.type === 'ReplicaFailure');
  if (before?.reason === failure.reason && before.status === 'True') return present;
  const at = formatTime(nowMs);
  return [...others, { type: 'ReplicaFailure', status: 'True', lastTransitionTime: at, ...failure }];
}

import type { ControllerRevision, Pod, StatefulSet, StatefulSetStatus } from '@gantry/api-types';
import { omitZeros } from '../lib/omit-zeros.ts';
import { controllerRevisionHashLabel } from './controller-revisions.ts';
import { podAvailableAt } from './pod-state.ts';
import { isStatefulPodAvailable, isStatefulPodReady } from './stateful-set.ts';
import { ordinalOf } from './stateful-set-identity.ts';

export interface StatefulSetStatusPlan {
  readonly status: StatefulSetStatus;
  /** When the next ready pod becomes available by `minReadySeconds`, in milliseconds from now. */
  readonly recheckAfterMs: number | undefined;
}

/**
 * The status that `pods` (those the set controls) amount to. Once every replica is ready and of the update revision,
 * that revision becomes the current one. Pure.
 */
export function planStatefulSetStatus(
  set: StatefulSet,
  pods: readonly Pod[],
  revisions: { readonly current: ControllerRevision; readonly update: ControllerRevision },
  nowMs: number,
): StatefulSetStatusPlan {
  const counts = { replicas: 0, ready: 0, available: 0, current: 0, updated: 0 };
  const update = revisions.update.metadata.name;
  let current = revisions.current.metadata.name;
  let nextAvailableAt = Number.POSITIVE_INFINITY;
  for (const pod of pods) {
    if (ordinalOf(set, pod) === undefined) continue;
    counts.replicas += 1;
    if (isStatefulPodReady(pod)) counts.ready += 1;
    if (isStatefulPodAvailable(set, pod, nowMs)) counts.available += 1;
    else nextAvailableAt = Math.min(nextAvailableAt, availableAt(set, pod) ?? nextAvailableAt);
    if (pod.metadata.deletionTimestamp !== undefined) continue;
    const revision = pod.metadata.labels?.[controllerRevisionHashLabel];
    if (revision === current) counts.current += 1;
    if (revision === update) counts.updated += 1;
  }
  const wanted = set.spec.replicas ?? 1;
  const isComplete = counts.replicas === wanted && counts.updated === wanted && counts.ready === wanted;
  if (isComplete && set.spec.updateStrategy?.type !== 'OnDelete') {
    current = update;
    counts.current = counts.updated;
  }
  const { collisionCount, conditions } = set.status ?? {};
  const status: StatefulSetStatus = {
    replicas: counts.replicas,
    availableReplicas: counts.available,
    ...omitZeros({
      readyReplicas: counts.ready,
      currentReplicas: counts.current,
      updatedReplicas: counts.updated,
      observedGeneration: set.metadata.generation ?? 0,
    }),
    currentRevision: current,
    updateRevision: update,
    collisionCount: collisionCount ?? 0,
    ...(conditions ? { conditions } : {}),
  };
  const recheckAfterMs = nextAvailableAt === Number.POSITIVE_INFINITY ? undefined : nextAvailableAt - nowMs;
  return { status, recheckAfterMs };
}

/** Undefined for a pod that time alone does not make available. */
function availableAt(set: StatefulSet, pod: Pod): number | undefined {
  if (pod.metadata.deletionTimestamp !== undefined || !isStatefulPodReady(pod)) return undefined;
  return podAvailableAt(pod, set.spec.minReadySeconds ?? 0);
}

import type { Deployment, ReplicaSet } from '@gantry/api-types';
import { byCreation } from './deployment-revisions.ts';
import { type ReplicaSetEdits, replicasOf } from './replica-set-edits.ts';
import { desiredReplicas, isRollingUpdate, rolloutLimits } from './rollout-limits.ts';

/** The size of the new ReplicaSet now: as large as surge allows. `present` is its size so far. */
export function newReplicaSetSize(deployment: Deployment, all: readonly ReplicaSet[], present: number): number {
  const desired = desiredReplicas(deployment);
  if (!isRollingUpdate(deployment)) return desired;
  const total = all.reduce((sum, replicaSet) => sum + replicasOf(replicaSet), 0);
  const room = desired + rolloutLimits(deployment).maxSurge - total;
  return room <= 0 ? present : present + Math.min(room, desired - present);
}

/** Grows (or, after a resize, shrinks) the new ReplicaSet one step. Returns whether its size changed. */
export function planNewReplicaSetSize(
  deployment: Deployment,
  edits: ReplicaSetEdits,
  newReplicaSet: ReplicaSet,
): boolean {
  const desired = desiredReplicas(deployment);
  const present = replicasOf(edits.latest(newReplicaSet));
  if (present === desired) return false;
  const size = present > desired ? desired : newReplicaSetSize(deployment, edits.all(), present);
  return edits.scale(newReplicaSet, size);
}

/**
 * Shrinks the old ReplicaSets as far as availability allows: pods that are not available first, since they serve nobody,
 * then available ones down to desired - maxUnavailable. Returns whether anything changed.
 */
export function planOldReplicaSetSizes(
  deployment: Deployment,
  edits: ReplicaSetEdits,
  newReplicaSet: ReplicaSet,
): boolean {
  const all = edits.all();
  const old = all.filter((replicaSet) => replicaSet.metadata.uid !== newReplicaSet.metadata.uid).sort(byCreation);
  if (old.every((replicaSet) => replicasOf(replicaSet) === 0)) return false;
  const minAvailable = desiredReplicas(deployment) - rolloutLimits(deployment).maxUnavailable;
  const total = all.reduce((sum, replicaSet) => sum + replicasOf(replicaSet), 0);
  const latest = edits.latest(newReplicaSet);
  const newUnavailable = replicasOf(latest) - availableOf(latest);
  const maxScaledDown = total - minAvailable - newUnavailable;
  if (maxScaledDown <= 0) return false;
  const cleaned = removeUnavailable(edits, old, maxScaledDown);
  const available = all.reduce((sum, replicaSet) => sum + availableOf(replicaSet), 0);
  const removed = removeAvailable(edits, old, Math.min(available - minAvailable, maxScaledDown - cleaned));
  return cleaned + removed > 0;
}

function removeUnavailable(edits: ReplicaSetEdits, old: readonly ReplicaSet[], limit: number): number {
  let removed = 0;
  for (const replicaSet of old) {
    const size = replicasOf(replicaSet);
    const count = Math.min(limit - removed, size - availableOf(replicaSet));
    if (count <= 0) continue;
    edits.scale(replicaSet, size - count);
    removed += count;
  }
  return removed;
}

function removeAvailable(edits: ReplicaSetEdits, old: readonly ReplicaSet[], limit: number): number {
  let removed = 0;
  for (const replicaSet of old) {
    const size = replicasOf(edits.latest(replicaSet));
    const count = Math.min(limit - removed, size);
    if (count <= 0) continue;
    edits.scale(replicaSet, size - count);
    removed += count;
  }
  return removed;
}

/** Pods of a ReplicaSet that was just shrunk may still be counted in its status: they are as good as gone. */
function availableOf(replicaSet: ReplicaSet): number {
  return Math.min(replicaSet.status?.availableReplicas ?? 0, replicasOf(replicaSet));
}

import type { Deployment, ReplicaSet } from '@gantry/api-types';
import { parseTime } from '../lib/timestamp.ts';
import {
  byCreation,
  desiredReplicasAnnotation,
  integerAnnotation,
  maxReplicasAnnotation,
} from './deployment-revisions.ts';
import { type ReplicaSetEdits, replicasOf } from './replica-set-edits.ts';
import { desiredReplicas, isRollingUpdate, rolloutLimits } from './rollout-limits.ts';

/** True where the Deployment was resized since its ReplicaSets were last given their sizes. */
export function isScalingEvent(deployment: Deployment, replicaSets: readonly ReplicaSet[]): boolean {
  const desired = desiredReplicas(deployment);
  return replicaSets.some((replicaSet) => {
    const stamped = integerAnnotation(replicaSet, desiredReplicasAnnotation);
    return replicasOf(replicaSet) > 0 && stamped !== undefined && stamped !== desired;
  });
}

/**
 * Gives the ReplicaSets their sizes after a resize, without moving the rollout on: one active ReplicaSet takes the whole
 * size; several share the difference in proportion, so that a bad new version does not grow at the old one's expense.
 */
export function planScaling(deployment: Deployment, edits: ReplicaSetEdits, newReplicaSet?: ReplicaSet): void {
  const desired = desiredReplicas(deployment);
  const all = edits.all();
  const only = findActiveOrLatest(all, newReplicaSet);
  if (only) {
    edits.scale(only, desired);
    return;
  }
  const active = all.filter((replicaSet) => replicasOf(replicaSet) > 0);
  if (newReplicaSet && isSaturated(deployment, edits.latest(newReplicaSet))) {
    for (const replicaSet of active) {
      if (replicaSet.metadata.uid !== newReplicaSet.metadata.uid) edits.scale(replicaSet, 0);
    }
    return;
  }
  if (isRollingUpdate(deployment)) scaleProportionally(deployment, edits, active);
}

/** The one ReplicaSet to resize: the only active one, or with none active the new or else the latest one. */
function findActiveOrLatest(all: readonly ReplicaSet[], newReplicaSet?: ReplicaSet): ReplicaSet | undefined {
  const active = all.filter((replicaSet) => replicasOf(replicaSet) > 0);
  if (active.length > 1) return undefined;
  return active[0] ?? newReplicaSet ?? [...all].sort(byCreation).at(-1);
}

function isSaturated(deployment: Deployment, replicaSet: ReplicaSet): boolean {
  const desired = desiredReplicas(deployment);
  return (
    replicasOf(replicaSet) === desired &&
    integerAnnotation(replicaSet, desiredReplicasAnnotation) === desired &&
    replicaSet.status?.availableReplicas === desired
  );
}

function scaleProportionally(deployment: Deployment, edits: ReplicaSetEdits, active: readonly ReplicaSet[]): void {
  const desired = desiredReplicas(deployment);
  const allowed = desired > 0 ? desired + rolloutLimits(deployment).maxSurge : 0;
  const toAdd = allowed - active.reduce((sum, replicaSet) => sum + replicasOf(replicaSet), 0);
  const sorted = [...active].sort((a, b) => replicasOf(b) - replicasOf(a) || byAge(a, b, toAdd > 0));
  let added = 0;
  const sizes = sorted.map((replicaSet) => {
    const share = proportionOf(deployment, replicaSet);
    const proportion = toAdd > 0 ? Math.min(share, toAdd - added) : Math.max(share, toAdd - added);
    const change = toAdd === 0 ? 0 : proportion;
    added += change;
    return replicasOf(replicaSet) + change;
  });
  for (const [index, replicaSet] of sorted.entries()) {
    // What rounding left over goes to the largest.
    const leftover = index === 0 && toAdd !== 0 ? toAdd - added : 0;
    edits.scale(replicaSet, Math.max(0, (sizes[index] ?? 0) + leftover));
  }
}

/** Equal sizes: growth goes to the newer one first, shrinking takes from the older one first. */
function byAge(a: ReplicaSet, b: ReplicaSet, isNewerFirst: boolean): number {
  const order = (parseTime(a.metadata.creationTimestamp) ?? 0) - (parseTime(b.metadata.creationTimestamp) ?? 0);
  return (isNewerFirst ? -order : order) || byCreation(a, b);
}

/** By how many pods this ReplicaSet would change to keep its share of the Deployment. */
function proportionOf(deployment: Deployment, replicaSet: ReplicaSet): number {
  const desired = desiredReplicas(deployment);
  const size = replicasOf(replicaSet);
  if (desired === 0) return -size;
  const annotated = integerAnnotation(replicaSet, maxReplicasAnnotation) ?? deployment.status?.replicas ?? 0;
  if (annotated === 0) return 0;
  return Math.round((size * (desired + rolloutLimits(deployment).maxSurge)) / annotated) - size;
}

import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '@gantry/api-types';
import { omitZeros } from '../lib/omit-zeros.ts';
import { formatTime, parseTime } from '../lib/timestamp.ts';
import { desiredReplicas, rolloutLimits } from './rollout-limits.ts';

type NewCondition = Pick<DeploymentCondition, 'type' | 'status' | 'reason' | 'message'>;

/** Kubernetes' way to say that a Deployment has no deadline. */
const noDeadline = 2 ** 31 - 1;

export function hasProgressDeadline(deployment: Deployment): boolean {
  const seconds = deployment.spec.progressDeadlineSeconds;
  return seconds !== undefined && seconds !== noDeadline;
}

/** The condition of that type. */
export function deploymentCondition(
  conditions: readonly DeploymentCondition[] | undefined,
  type: string,
): DeploymentCondition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** The conditions with `next` in; unchanged where one of the same status and reason is there. */
export function withCondition(
  conditions: readonly DeploymentCondition[],
  next: NewCondition,
  nowMs: number,
): readonly DeploymentCondition[] {
  const present = deploymentCondition(conditions, next.type);
  if (present?.status === next.status && present.reason === next.reason) return conditions;
  return replaceCondition(conditions, next, nowMs);
}

/** As {@link withCondition}, but refreshes `lastUpdateTime` of one that is there already. */
function replaceCondition(
  conditions: readonly DeploymentCondition[],
  next: NewCondition,
  nowMs: number,
): readonly DeploymentCondition[] {
  const at = formatTime(nowMs);
  const present = deploymentCondition(conditions, next.type);
  const lastTransitionTime = present?.status === next.status ? (present.lastTransitionTime ?? at) : at;
  const others = conditions.filter((condition) => condition.type !== next.type);
  return [...others, { ...next, lastUpdateTime: at, lastTransitionTime }];
}

function withoutCondition(conditions: readonly DeploymentCondition[], type: string): readonly DeploymentCondition[] {
  return conditions.filter((condition) => condition.type !== type);
}

/** The counts and the Available condition, from what the ReplicaSets report. `conditions` are carried over. */
export function observedStatus(
  deployment: Deployment,
  replicaSets: readonly ReplicaSet[],
  newReplicaSet: ReplicaSet | undefined,
  conditions: readonly DeploymentCondition[],
  nowMs: number,
): DeploymentStatus {
  const sum = (count: (status: Partial<ReplicaSet['status']>) => number | undefined) =>
    replicaSets.reduce((total, replicaSet) => total + (count(replicaSet.status ?? {}) ?? 0), 0);
  const replicas = sum((status) => status.replicas);
  const availableReplicas = sum((status) => status.availableReplicas);
  const isAvailable = availableReplicas >= desiredReplicas(deployment) - rolloutLimits(deployment).maxUnavailable;
  const available: NewCondition = isAvailable
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };
  const collisionCount = deployment.status?.collisionCount;
  return {
    ...omitZeros({
      observedGeneration: deployment.metadata.generation ?? 0,
      replicas,
      updatedReplicas: newReplicaSet?.status?.replicas ?? 0,
      readyReplicas: sum((status) => status.readyReplicas),
      availableReplicas,
      unavailableReplicas: Math.max(0, replicas - availableReplicas),
    }),
    terminatingReplicas: sum((status) => status.terminatingReplicas),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions: [...withCondition(conditions, available, nowMs)],
  };
}

/** True once every replica is of the present template and available, and nothing else is left. */
export function isDeploymentComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const desired = desiredReplicas(deployment);
  return (
    (status.updatedReplicas ?? 0) === desired &&
    (status.replicas ?? 0) === desired &&
    (status.availableReplicas ?? 0) === desired &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

/** `status` with Progressing and ReplicaFailure brought up to date: how the rollout fares against its deadline. */
export function rolloutStatus(
  deployment: Deployment,
  replicaSets: readonly ReplicaSet[],
  newReplicaSet: { readonly name: string | undefined; readonly uid: string | undefined },
  status: DeploymentStatus,
  nowMs: number,
): DeploymentStatus {
  const subject = newReplicaSet.name
    ? `ReplicaSet "${newReplicaSet.name}"`
    : `Deployment "${deployment.metadata.name}"`;
  let conditions: readonly DeploymentCondition[] = status.conditions ?? [];
  const present = deploymentCondition(conditions, 'Progressing');
  const wasComplete =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && present?.reason === 'NewReplicaSetAvailable';
  if (!hasProgressDeadline(deployment)) conditions = withoutCondition(conditions, 'Progressing');
  else if (!wasComplete) {
    const progressing = { type: 'Progressing', status: 'True' };
    if (isDeploymentComplete(deployment, status)) {
      const message = `${subject} has successfully progressed.`;
      conditions = withCondition(conditions, { ...progressing, reason: 'NewReplicaSetAvailable', message }, nowMs);
    } else if (hasProgressed(deployment.status ?? {}, status)) {
      const message = `${subject} is progressing.`;
      conditions = replaceCondition(conditions, { ...progressing, reason: 'ReplicaSetUpdated', message }, nowMs);
    } else if (isTimedOut(deployment, present, nowMs)) {
      const reason = 'ProgressDeadlineExceeded';
      const message = `${subject} has timed out progressing.`;
      conditions = withCondition(conditions, { type: 'Progressing', status: 'False', reason, message }, nowMs);
    }
  }
  return { ...status, conditions: [...withReplicaFailure(conditions, replicaSets, newReplicaSet.uid, nowMs)] };
}

/** `present` with the news that the new ReplicaSet could not be created. Pure. */
export function createErrorStatus(
  deployment: Deployment,
  replicaSetName: string,
  problem: string,
  nowMs: number,
): DeploymentStatus {
  const present = deployment.status ?? {};
  if (!hasProgressDeadline(deployment)) return present;
  const message = `Failed to create new replica set "${replicaSetName}": ${problem}`;
  const condition = { type: 'Progressing', status: 'False', reason: 'ReplicaSetCreateError', message };
  return { ...present, conditions: [...withCondition(present.conditions ?? [], condition, nowMs)] };
}

function hasProgressed(before: DeploymentStatus, now: DeploymentStatus): boolean {
  const updated = (status: DeploymentStatus) => status.updatedReplicas ?? 0;
  const old = (status: DeploymentStatus) => (status.replicas ?? 0) - updated(status);
  return (
    updated(now) > updated(before) ||
    old(now) < old(before) ||
    (now.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (now.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

function isTimedOut(deployment: Deployment, progressing: DeploymentCondition | undefined, nowMs: number): boolean {
  if (!progressing || progressing.reason === 'NewReplicaSetAvailable') return false;
  if (progressing.reason === 'ProgressDeadlineExceeded') return true;
  return deadlineOf(deployment, progressing) < nowMs;
}

function deadlineOf(deployment: Deployment, progressing: DeploymentCondition): number {
  const from = parseTime(progressing.lastUpdateTime) ?? 0;
  return from + (deployment.spec.progressDeadlineSeconds ?? 0) * 1000;
}

/** When to look again although nothing happens, because the rollout may have run out of time; in ms from now. */
export function progressRecheckAfterMs(
  deployment: Deployment,
  status: DeploymentStatus,
  nowMs: number,
): number | undefined {
  const progressing = deploymentCondition(status.conditions, 'Progressing');
  if (!progressing || !hasProgressDeadline(deployment) || isDeploymentComplete(deployment, status)) return undefined;
  if (progressing.reason === 'ProgressDeadlineExceeded' || progressing.reason === 'NewReplicaSetAvailable')
    return undefined;
  // A second more: timestamps have whole seconds.
  return Math.max(0, deadlineOf(deployment, progressing) - nowMs) + 1000;
}

function withReplicaFailure(
  conditions: readonly DeploymentCondition[],
  replicaSets: readonly ReplicaSet[],
  newUid: string | undefined,
  nowMs: number,
): readonly DeploymentCondition[] {
  const failureOf = (replicaSet: ReplicaSet | undefined) =>
    replicaSet?.status?.conditions?.find((condition) => condition.type === 'ReplicaFailure');
  const newReplicaSet = replicaSets.find((replicaSet) => replicaSet.metadata.uid === newUid);
  const failure = failureOf(newReplicaSet) ?? replicaSets.map(failureOf).find((found) => found);
  if (!failure) return withoutCondition(conditions, 'ReplicaFailure');
  const { type, status, reason = '', message = '' } = failure;
  return withCondition(conditions, { type, status, reason, message }, nowMs);
}

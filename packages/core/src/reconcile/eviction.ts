import { ApiError, type Pod, type PodDisruptionBudget } from '@gantry/api-types';
import { formatTime } from '../lib/timestamp.ts';
import { withAllowance } from './disruption-budget.ts';
import { isPodReady, isPodTerminal } from './pod-state.ts';

/** More granted evictions than this that nobody has confirmed mean that the budget's status is not looked after. */
const maxDisruptedPods = 2000;

/** Whether a pod may be evicted without asking any budget: it does not run, or is on its way out already. */
export function needsNoBudget(pod: Pod): boolean {
  return isPodTerminal(pod) || pod.status.phase === 'Pending' || pod.metadata.deletionTimestamp !== undefined;
}

/**
 * Whether a budget lets a pod go that is not ready, without counting it: always, or while the healthy ones are enough,
 * by the budget's `unhealthyPodEvictionPolicy`.
 */
export function letsUnhealthyGo({ spec, status }: PodDisruptionBudget, pod: Pod): boolean {
  if (isPodReady(pod)) return false;
  if (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  return status.currentHealthy >= status.desiredHealthy && status.desiredHealthy > 0;
}

/** Why the budget forbids one more eviction for now; undefined where it allows it. Kubernetes' own words. */
export function refusalOf(budget: PodDisruptionBudget): ApiError | undefined {
  const { metadata, status } = budget;
  const { name } = metadata;
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
    return tooMany(`The disruption budget ${name} is still being processed by the server.`, 10);
  }
  if (status.disruptionsAllowed < 0) return forbidden(name, 'pdb disruptions allowed is negative');
  if (Object.keys(status.disruptedPods ?? {}).length > maxDisruptedPods) {
    return forbidden(name, 'DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  }
  return status.disruptionsAllowed === 0 ? tooMany(reasonFor(budget)) : undefined;
}

/** The status of the budget once the pod's eviction is granted. */
export function grantEviction(
  budget: PodDisruptionBudget,
  podName: string,
  nowMs: number,
): PodDisruptionBudget['status'] {
  const { status } = budget;
  const disruptionsAllowed = status.disruptionsAllowed - 1;
  return {
    ...status,
    disruptionsAllowed,
    disruptedPods: { ...status.disruptedPods, [podName]: formatTime(nowMs) },
    ...(disruptionsAllowed === 0 ? { conditions: withAllowance(budget, 0, nowMs) } : {}),
  };
}

/** A pod of two budgets would have to be counted in both at once. */
export function moreThanOneBudget(): ApiError {
  const message = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
  return new ApiError('InternalError', message);
}

/** For an eviction that lost a race with a change of the pod, and is to be tried again. */
export function stillProcessed(budgetName: string): ApiError {
  return tooMany(`The disruption budget ${budgetName} is still being processed by the server.`, 10);
}

function reasonFor({ metadata: { name }, status }: PodDisruptionBudget): string {
  const condition = status.conditions?.find(({ type }) => type === 'DisruptionAllowed');
  if (condition?.status === 'False' && condition.reason === 'SyncFailed' && condition.message) {
    return `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${condition.message}`;
  }
  if (status.currentHealthy <= status.desiredHealthy) {
    return `The disruption budget ${name} needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy} currently`;
  }
  return `The disruption budget ${name} does not allow evicting pods currently`;
}

function tooMany(cause: string, retryAfterSeconds?: number): ApiError {
  return new ApiError('TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: 'DisruptionBudget', message: cause }],
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

function forbidden(name: string, why: string): ApiError {
  const details = { name, group: 'policy', kind: 'poddisruptionbudget' };
  return new ApiError('Forbidden', `poddisruptionbudget.policy "${name}" is forbidden: ${why}`, details);
}

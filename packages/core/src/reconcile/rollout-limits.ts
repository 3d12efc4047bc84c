import type { Deployment } from '@gantry/api-types';

/** How far a rollout may stray from the desired number of pods, in pods. */
export interface RolloutLimits {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** A number as it is, or a percentage (`25%`) of `total`. Anything else counts as 0: validation refuses it beforehand. */
export function resolveIntOrPercent(value: number | string | undefined, total: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(value ?? '')?.[1];
  if (percent === undefined) return 0;
  const share = (Number(percent) * total) / 100;
  return round === 'up' ? Math.ceil(share) : Math.floor(share);
}

/** The number of replicas the Deployment asks for. */
export function desiredReplicas(deployment: Deployment): number {
  return deployment.spec.replicas ?? 1;
}

/** True unless the strategy is Recreate. */
export function isRollingUpdate(deployment: Deployment): boolean {
  return deployment.spec.strategy?.type !== 'Recreate';
}

/**
 * Surge rounds up and unavailable rounds down; both 0 would never get anywhere, so then one pod may be unavailable.
 * Recreate has no limits to speak of: 0 and 0.
 */
export function rolloutLimits(deployment: Deployment): RolloutLimits {
  if (!isRollingUpdate(deployment)) return { maxSurge: 0, maxUnavailable: 0 };
  const replicas = desiredReplicas(deployment);
  const parameters = deployment.spec.strategy?.rollingUpdate;
  const maxSurge = resolveIntOrPercent(parameters?.maxSurge ?? '25%', replicas, 'up');
  const unavailable = resolveIntOrPercent(parameters?.maxUnavailable ?? '25%', replicas, 'down');
  const atLeastOne = maxSurge === 0 && unavailable === 0 ? 1 : unavailable;
  return { maxSurge, maxUnavailable: Math.min(atLeastOne, replicas) };
}

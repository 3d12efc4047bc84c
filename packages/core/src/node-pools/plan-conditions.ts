import type { Condition } from '@gantry/api-types';
import { formatTime } from '../lib/timestamp.ts';
import { headroomOf } from './headroom.ts';
import type { HostsPlan } from './plan-hosts.ts';
import type { ShrinkReason } from './plan-shrinking.ts';
import type { PoolWorld } from './pool-world.ts';

type Told = Pick<Condition, 'status' | 'reason' | 'message'>;

/** The conditions of a pool: Ready (the provider does what it is asked), ScalingUp and ScalingDown, each with why. */
export function planConditions(world: PoolWorld, plan: HostsPlan, shrinking: ShrinkReason): Condition[] {
  const { isShrinking, reason, message } = shrinking;
  const told: Readonly<Record<string, Told>> = {
    Ready: readiness(world, plan),
    ScalingUp: growth(world, plan),
    ScalingDown: { status: isShrinking ? 'True' : 'False', reason, message },
  };
  return Object.entries(told).map(([type, condition]) => settle(world, type, condition));
}

function readiness({ providerProblem }: PoolWorld, plan: HostsPlan): Told {
  if (providerProblem !== undefined) {
    return { status: 'False', reason: 'ProviderUnavailable', message: providerProblem };
  }
  if (plan.failures === 0) return { status: 'True', reason: 'Settled', message: 'the provider does what it is asked' };
  const failed = plan.hosts.find(({ phase, message }) => (phase === 'Provisioning' || phase === 'Removing') && message);
  const message = `${plan.failures} failures in a row${failed?.message ? `; ${failed.name}: ${failed.message}` : ''}`;
  return { status: 'False', reason: 'ProviderFailed', message };
}

function growth(world: PoolWorld, plan: HostsPlan): Told {
  const { pool, room, nowMs } = world;
  const coming = plan.hosts.filter(({ phase }) => phase === 'Provisioning' || phase === 'Joining');
  if (coming.length > 0) {
    const message = `on their way: ${coming.map(({ name }) => name).join(', ')}`;
    return { status: 'True', reason: 'HostsComing', message };
  }
  if (pool.metadata.deletionTimestamp) {
    return { status: 'False', reason: 'PoolDeleted', message: 'the pool is being deleted' };
  }
  if (!room) return { status: 'False', reason: 'Starting', message: 'the scheduler has not started yet' };
  if (room.reason === 'AtMaximum') {
    const { bound } = headroomOf({ ...pool, status: { ...pool.status, hosts: plan.hosts } });
    return { status: 'False', reason: 'AtMaximum', message: `${room.message}: ${bound}` };
  }
  if (room.hosts > 0 && plan.nextAttemptMs !== undefined && plan.nextAttemptMs > nowMs) {
    const message = `${room.message}, but the provider failed and is not asked again before ${formatTime(plan.nextAttemptMs)}`;
    return { status: 'False', reason: 'BackingOff', message };
  }
  return { status: 'False', reason: room.reason, message: room.message };
}

function settle({ pool, nowMs }: PoolWorld, type: string, told: Told): Condition {
  const before = pool.status.conditions?.find((condition) => condition.type === type);
  const lastTransitionTime = before?.status === told.status ? before.lastTransitionTime : formatTime(nowMs);
  return { type, ...told, observedGeneration: pool.metadata.generation ?? 0, lastTransitionTime };
}

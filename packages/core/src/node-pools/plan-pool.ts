import type { NodePool, NodePoolHost } from '@gantry/api-types';
import { formatTime } from '../lib/timestamp.ts';
import { isNodeReady } from '../reconcile/taints.ts';
import { headroomOf } from './headroom.ts';
import { planConditions } from './plan-conditions.ts';
import { countKept, enter, type HostsPlan, phaseEndsAt, planHosts } from './plan-hosts.ts';
import { planShrinking, type ShrinkReason } from './plan-shrinking.ts';
import type { PoolPlan, PoolWorld } from './pool-world.ts';

/**
 * What a pool does next. Pure: the same world gives the same plan, and a plan whose status was written and whose actions
 * were begun by a controller that then died is carried on by the next, since every host is recorded before it is made.
 */
export function planPool(world: PoolWorld): PoolPlan {
  const { pool, nowMs } = world;
  const plan = planHosts(world);
  const isHeldBack = plan.nextAttemptMs !== undefined && plan.nextAttemptMs > nowMs;
  const isLeaving = pool.metadata.deletionTimestamp !== undefined;
  const missing = isLeaving ? 0 : missingHosts(world, plan);
  const reclaimed = reclaim(plan, world, missing);
  const added = isHeldBack ? [] : addHosts(plan, world, missing - reclaimed.length);
  const shrinking = planShrinking(plan, world, missing > 0);
  if (added.length > 0) {
    const message = `starting ${added.join(', ')}: ${world.room?.reason === 'PodsWait' ? world.room.message : `spec.minNodes is ${pool.spec.minNodes}`}`;
    plan.events.push({ type: 'Normal', reason: 'ScaleUp', message });
  }
  noteRefusal(plan, world);
  // Nobody asks for anything any more: what failed is no news.
  if (plan.hosts.length === 0 && missing === 0) plan.failures = 0;
  const hasScaled = added.length > 0 || plan.hasShrunk;
  return {
    status: statusOf(world, plan, { hasScaled, shrinking: shrinking.reason }),
    events: plan.events,
    create: isHeldBack ? [] : namesIn(plan, 'Provisioning'),
    remove: isHeldBack && !isLeaving ? [] : namesIn(plan, 'Removing'),
    drain: namesIn(plan, 'Draining'),
    uncordon: [...plan.uncordon, ...reclaimed],
    recheckAfterMs: recheckAfter(world, plan, shrinking.recheckAtMs),
  };
}

/** Once, when it begins to be so: the condition goes on saying it. */
function noteRefusal(plan: HostsPlan, { pool, room }: PoolWorld): void {
  if (room?.reason !== 'WouldNotHelp') return;
  const before = pool.status.conditions?.find(({ type }) => type === 'ScalingUp');
  if (before?.reason !== room.reason)
    plan.events.push({ type: 'Normal', reason: 'NotScaledUp', message: room.message });
}

/** How many more are wanted: for the minimum, or for pods that wait. */
function missingHosts({ pool, room }: PoolWorld, plan: HostsPlan): number {
  const { hosts: headroom } = headroomOf({ ...pool, status: { ...pool.status, hosts: plan.hosts } });
  const forMinimum = (pool.spec.minNodes ?? 0) - countKept(plan.hosts);
  return Math.min(headroom, Math.max(0, forMinimum, room?.hosts ?? 0));
}

/** Hosts that are being drained go back to work before others are started. */
function reclaim(plan: HostsPlan, { nowMs }: PoolWorld, missing: number): string[] {
  const reclaimed: string[] = [];
  for (const [index, host] of plan.hosts.entries()) {
    if (reclaimed.length >= missing || host.phase !== 'Draining') continue;
    plan.hosts[index] = enter(host, 'Ready', nowMs);
    reclaimed.push(host.name);
    plan.events.push({ type: 'Normal', reason: 'DrainCancelled', message: `${host.name} is needed again` });
  }
  return reclaimed;
}

/** Records new hosts, under the smallest free numbers. */
function addHosts(plan: HostsPlan, { pool, node, nowMs }: PoolWorld, count: number): string[] {
  const added: string[] = [];
  for (let number = 1; added.length < count; number += 1) {
    const name = `${pool.metadata.name}-${number}`;
    // A Node of that name that is none of ours, or is not gone yet, keeps it.
    if (node(name) || plan.hosts.some((host) => host.name === name)) continue;
    plan.hosts.push({ name, phase: 'Provisioning', since: formatTime(nowMs) });
    added.push(name);
  }
  return added;
}

function namesIn(plan: HostsPlan, phase: string): string[] {
  return plan.hosts.filter((host) => host.phase === phase).map(({ name }) => name);
}

function statusOf(
  world: PoolWorld,
  plan: HostsPlan,
  { hasScaled, shrinking }: { readonly hasScaled: boolean; readonly shrinking: ShrinkReason },
): NodePool['status'] {
  const { pool, node, nowMs, room } = world;
  const lastScaleTime = hasScaled ? formatTime(nowMs) : pool.status.lastScaleTime;
  const isWorking = ({ name, phase }: NodePoolHost) =>
    (phase === 'Ready' || phase === 'Draining') && isNodeReady(node(name));
  return {
    observedGeneration: pool.metadata.generation ?? 0,
    nodes: plan.hosts.length,
    readyNodes: plan.hosts.filter(isWorking).length,
    waitingPods: room?.helped.length ?? 0,
    ...(plan.hosts.length > 0 ? { hosts: plan.hosts } : {}),
    ...(plan.failures > 0 ? { failures: plan.failures } : {}),
    ...(plan.nextAttemptMs === undefined ? {} : { nextAttemptTime: formatTime(plan.nextAttemptMs) }),
    ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
    conditions: planConditions(world, plan, shrinking),
  };
}

function recheckAfter(world: PoolWorld, plan: HostsPlan, shrinkAtMs: number | undefined): number | undefined {
  const { nowMs, room } = world;
  const times = [
    plan.nextAttemptMs !== undefined && plan.nextAttemptMs > nowMs ? plan.nextAttemptMs : undefined,
    shrinkAtMs,
    room?.recheckAfterMs === undefined ? undefined : nowMs + room.recheckAfterMs,
    ...plan.hosts.map((host) => phaseEndsAt(host, world)),
  ].filter((time) => time !== undefined);
  return times.length === 0 ? undefined : Math.max(0, Math.min(...times) - nowMs);
}

import type { NodePoolHost } from '@gantry/api-types';
import { formatTime, parseTime } from '../lib/timestamp.ts';
import { countKept, enter, type HostsPlan } from './plan-hosts.ts';
import { isKept, type PoolWorld } from './pool-world.ts';

/** Why the pool loses a host now, or none. */
export interface ShrinkReason {
  readonly isShrinking: boolean;
  readonly reason:
    | 'PoolDeleted'
    | 'AboveMaximum'
    | 'HostNotNeeded'
    | 'AtMinimum'
    | 'HostsNeeded'
    | 'Idling'
    | 'Disabled';
  readonly message: string;
}

interface Shrinking {
  readonly reason: ShrinkReason;
  readonly recheckAtMs: number | undefined;
}

/**
 * Notes which hosts could be done without and since when, and begins to drain one that has been for long enough. One at a
 * time: what one host's pods take elsewhere may be what the next one's would have needed. Pure but for `plan`, the caller's.
 */
export function planShrinking(plan: HostsPlan, world: PoolWorld, isGrowing: boolean): Shrinking {
  const { pool, nowMs } = world;
  if (pool.metadata.deletionTimestamp) {
    for (const host of plan.hosts.filter(isKept)) startDrain(plan, host, nowMs, 'the pool is being deleted');
    return because(true, 'PoolDeleted', 'the pool is being deleted');
  }
  noteIdleness(plan, world);
  const draining = plan.hosts.find(({ phase }) => phase === 'Draining' || phase === 'Removing');
  const surplus = countKept(plan.hosts) - pool.spec.maxNodes;
  if (draining) return because(true, 'HostNotNeeded', `${draining.name} is being emptied and removed`);
  if (surplus > 0) {
    const host = leastLoaded(plan.hosts.filter(isKept), world);
    if (host) startDrain(plan, host, nowMs, `spec.maxNodes is ${pool.spec.maxNodes}`);
    return because(true, 'AboveMaximum', `there are more hosts than spec.maxNodes, ${pool.spec.maxNodes}`);
  }
  return shrinkIdle(plan, world, isGrowing);
}

function shrinkIdle(plan: HostsPlan, world: PoolWorld, isGrowing: boolean): Shrinking {
  const { pool, nowMs } = world;
  const { policy, afterSeconds = 300 } = pool.spec.scaleDown ?? {};
  if (policy === 'Never') return because(false, 'Disabled', 'spec.scaleDown.policy is Never');
  const minNodes = pool.spec.minNodes ?? 0;
  if (countKept(plan.hosts) <= minNodes) {
    return because(false, 'AtMinimum', `the pool has no more hosts than spec.minNodes, ${minNodes}`);
  }
  const isSettled = !isGrowing && plan.hosts.every(({ phase }) => phase === 'Ready');
  const idle = plan.hosts.filter(({ idleSince }) => idleSince !== undefined);
  if (!isSettled || idle.length === 0) return because(false, 'HostsNeeded', 'no host could be done without');
  const dueAt = (host: NodePoolHost) => (parseTime(host.idleSince) ?? nowMs) + afterSeconds * 1000;
  const due = idle.filter((host) => dueAt(host) <= nowMs);
  // Only on an answer of this moment: what was true when it became idle need not be so now.
  const host = world.dispensable && leastLoaded(due, world);
  if (host) {
    const why = world.dispensable?.get(host.name)?.message ?? '';
    startDrain(plan, host, nowMs, why);
    return because(true, 'HostNotNeeded', `${host.name} is being emptied and removed`);
  }
  const names = idle.map(({ name }) => name).join(', ');
  return {
    ...because(false, 'Idling', `not needed, and removed if that stays so for ${afterSeconds} s: ${names}`),
    recheckAtMs: Math.max(nowMs, Math.min(...idle.map(dueAt))),
  };
}

function because(isShrinking: boolean, reason: ShrinkReason['reason'], message: string): Shrinking {
  return { reason: { isShrinking, reason, message }, recheckAtMs: undefined };
}

function noteIdleness(plan: HostsPlan, { dispensable, nowMs }: PoolWorld): void {
  if (!dispensable) return;
  for (const [index, host] of plan.hosts.entries()) {
    const answer = dispensable.get(host.name);
    if (host.phase !== 'Ready' || !answer) continue;
    const { idleSince, message: _, ...rest } = host;
    plan.hosts[index] = {
      ...rest,
      message: answer.message,
      ...(answer.isDispensable ? { idleSince: idleSince ?? formatTime(nowMs) } : {}),
    };
  }
}

/** The one with the fewest pods to move; of equals the latest. */
function leastLoaded(hosts: readonly NodePoolHost[], { dispensable }: PoolWorld): NodePoolHost | undefined {
  const load = ({ name }: NodePoolHost) => dispensable?.get(name)?.pods ?? 0;
  return hosts
    .toReversed()
    .reduce<NodePoolHost | undefined>(
      (least, host) => (least === undefined || load(host) < load(least) ? host : least),
      undefined,
    );
}

function startDrain(plan: HostsPlan, host: NodePoolHost, nowMs: number, why: string): void {
  const index = plan.hosts.indexOf(host);
  plan.hosts[index] = enter(host, 'Draining', nowMs, why);
  plan.events.push({ type: 'Normal', reason: 'ScaleDown', message: `removing ${host.name}: ${why}` });
}

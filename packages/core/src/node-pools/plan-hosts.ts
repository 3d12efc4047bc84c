import type { Node, NodePoolHost } from '@gantry/api-types';
import { backoffDelayMs } from '../lib/backoff.ts';
import { formatTime, parseTime } from '../lib/timestamp.ts';
import { isNodeReady, nodeCondition, notReadyTaint } from '../reconcile/taints.ts';
import { type HostPhase, isKept, type PoolEvent, type PoolWorld } from './pool-world.ts';

/** A host that was made and whose Node is not Ready after this long is given up. */
export const joinTimeoutMs = 180_000;
/** A Node that is not Ready for this long has the provider see to its host. */
const unreadyMs = 20_000;
/** After so many failures in a row a host is given up; the next one is tried when the back-off is over. */
const maxFailures = 5;
const backoff = { baseMs: 5_000, maxMs: 300_000 };

/** What the passage of hosts through their phases leaves to do. */
export interface HostsPlan {
  readonly hosts: NodePoolHost[];
  readonly events: PoolEvent[];
  readonly uncordon: string[];
  failures: number;
  nextAttemptMs: number | undefined;
  /** Whether a host went away for good. */
  hasShrunk: boolean;
}

/** Moves every host on by what is known of it. Pure. */
export function planHosts(world: PoolWorld): HostsPlan {
  const { status } = world.pool;
  const plan: HostsPlan = {
    hosts: [],
    events: [],
    uncordon: [],
    failures: status.failures ?? 0,
    nextAttemptMs: parseTime(status.nextAttemptTime),
    hasShrunk: false,
  };
  for (const host of status.hosts ?? []) {
    const next = nextHost(host, world, plan);
    if (next) plan.hosts.push(next);
  }
  return plan;
}

/** The host in another phase. */
export function enter(host: NodePoolHost, phase: HostPhase, nowMs: number, message = ''): NodePoolHost {
  const { name } = host;
  return { name, phase, since: formatTime(nowMs), ...(message === '' ? {} : { message }) };
}

function nextHost(host: NodePoolHost, world: PoolWorld, plan: HostsPlan): NodePoolHost | undefined {
  switch (host.phase as HostPhase) {
    case 'Provisioning':
      return provisioning(host, world, plan);
    case 'Joining':
      return joining(host, world, plan);
    case 'Ready':
      return ready(host, world);
    case 'Draining':
      return draining(host, world, plan);
    case 'Removing':
      return removing(host, world, plan);
  }
}

function provisioning(host: NodePoolHost, world: PoolWorld, plan: HostsPlan): NodePoolHost {
  const outcome = world.outcomes.get(host.name);
  if (outcome?.action !== 'create') return host;
  if (outcome.problem === undefined) {
    plan.nextAttemptMs = undefined;
    return enter(host, 'Joining', world.nowMs, 'waits for its Node to be Ready');
  }
  fail(plan, world.nowMs);
  plan.events.push({
    type: 'Warning',
    reason: 'HostFailed',
    message: `${host.name} could not be made: ${outcome.problem}`,
  });
  if (plan.failures % maxFailures === 0) return enter(host, 'Removing', world.nowMs, outcome.problem);
  return { ...host, message: outcome.problem };
}

function joining(host: NodePoolHost, world: PoolWorld, plan: HostsPlan): NodePoolHost {
  if (isNodeReady(world.node(host.name))) {
    plan.failures = 0;
    plan.nextAttemptMs = undefined;
    plan.events.push({ type: 'Normal', reason: 'HostReady', message: `${host.name} has joined and takes pods` });
    return enter(host, 'Ready', world.nowMs);
  }
  if (world.nowMs < (parseTime(host.since) ?? 0) + joinTimeoutMs) return host;
  fail(plan, world.nowMs);
  const message = `its Node was not Ready ${joinTimeoutMs / 1000} s after the host was made`;
  plan.events.push({ type: 'Warning', reason: 'HostFailed', message: `${host.name} is given up: ${message}` });
  return enter(host, 'Removing', world.nowMs, message);
}

function ready(host: NodePoolHost, world: PoolWorld): NodePoolHost {
  const node = world.node(host.name);
  if (isNodeReady(node)) return host;
  const since = node && parseTime(nodeCondition(node, 'Ready')?.lastTransitionTime);
  if (since !== undefined && world.nowMs < since + unreadyMs) return host;
  // The provider starts what has stopped and makes anew what is gone.
  return enter(host, 'Provisioning', world.nowMs, 'its Node is not Ready: the provider is asked to see to the host');
}

function draining(host: NodePoolHost, world: PoolWorld, plan: HostsPlan): NodePoolHost {
  const { pool, nowMs } = world;
  if (world.podsLeft(host.name) === 0) return enter(host, 'Removing', nowMs);
  const timeoutMs = (pool.spec.scaleDown?.drainTimeoutSeconds ?? 300) * 1000;
  const isLate = nowMs >= (parseTime(host.since) ?? nowMs) + timeoutMs;
  // A pool that goes takes its hosts with it however long that takes.
  if (!isLate || pool.metadata.deletionTimestamp) {
    const blocker = world.drainBlocker(host.name);
    return blocker === undefined ? host : { ...host, message: `waits: ${blocker}` };
  }
  plan.uncordon.push(host.name);
  const blocker = world.drainBlocker(host.name);
  const message = `it could not be drained in ${timeoutMs / 1000} s${blocker === undefined ? '' : `: ${blocker}`}`;
  plan.events.push({ type: 'Warning', reason: 'DrainTimedOut', message: `${host.name} is back at work: ${message}` });
  return enter(host, 'Ready', nowMs, message);
}

function removing(host: NodePoolHost, world: PoolWorld, plan: HostsPlan): NodePoolHost | undefined {
  const outcome = world.outcomes.get(host.name);
  if (outcome?.action !== 'delete') return host;
  if (outcome.problem === undefined) {
    plan.hasShrunk = true;
    plan.events.push({ type: 'Normal', reason: 'HostRemoved', message: `${host.name} is gone` });
    return undefined;
  }
  fail(plan, world.nowMs);
  plan.events.push({
    type: 'Warning',
    reason: 'HostFailed',
    message: `${host.name} could not be removed: ${outcome.problem}`,
  });
  return { ...host, message: outcome.problem };
}

function fail(plan: HostsPlan, nowMs: number): void {
  plan.nextAttemptMs = nowMs + backoffDelayMs(plan.failures, backoff);
  plan.failures += 1;
}

/** True where a host that was asked for is still to come for pods: its Node is not Ready, or not rid of its first taint. */
export function isComing({ name, phase }: NodePoolHost, node: (name: string) => Node | undefined): boolean {
  if (phase === 'Provisioning') return true;
  const known = node(name);
  if (phase === 'Joining' && !isNodeReady(known)) return true;
  // The Node says that it is Ready a moment before the taint goes: more hosts must not be ordered in that moment.
  const isTainted = (known?.spec.taints ?? []).some(({ key }) => key === notReadyTaint);
  return (phase === 'Joining' || phase === 'Ready') && isNodeReady(known) && isTainted;
}

/** When the host's phase may end without anything happening. */
export function phaseEndsAt(host: NodePoolHost, { pool, node }: PoolWorld): number | undefined {
  const since = parseTime(host.since) ?? 0;
  if (host.phase === 'Joining') return since + joinTimeoutMs;
  if (host.phase === 'Draining' && !pool.metadata.deletionTimestamp) {
    return since + (pool.spec.scaleDown?.drainTimeoutSeconds ?? 300) * 1000;
  }
  const present = host.phase === 'Ready' ? node(host.name) : undefined;
  if (!present || isNodeReady(present)) return undefined;
  return (parseTime(nodeCondition(present, 'Ready')?.lastTransitionTime) ?? 0) + unreadyMs;
}

/** How many hosts the pool has or will have. */
export function countKept(hosts: readonly NodePoolHost[]): number {
  return hosts.filter(isKept).length;
}

import {
  keyOf,
  type OwnerReference,
  type Pod,
  type Rebalance,
  type RebalanceMove,
  type RebalanceStatus,
} from '@gantry/api-types';
import { formatTime, parseTime } from '../lib/timestamp.ts';
import { controllerOf } from '../reconcile/owner-references.ts';
import { isPodActive, isPodReady } from '../reconcile/pod-state.ts';
import type { MoveObstacle } from './find-obstacle.ts';

/** What a pass over a running Rebalance looks at. */
export interface RebalanceWorld {
  pod(key: string): Pod | undefined;
  /** The pods that an owner controls. */
  podsOf(ownerUid: string): readonly Pod[];
  /** How many replicas the owner is to have; undefined where it is gone. */
  replicasOf(namespace: string, owner: OwnerReference): number | undefined;
  /** Why the pod must not be evicted as the cluster is now; asked of pods that are about to be. */
  obstacleTo(pod: Pod): MoveObstacle | undefined;
  readonly nowMs: number;
}

/** The status after looking, and what to do next; the status is written before. */
export interface RebalanceStep {
  readonly status: RebalanceStatus;
  readonly evict: { readonly index: number; readonly pod: Pod } | undefined;
  /** Look again after this time although nothing may happen; undefined: not needed. */
  readonly recheckAfterMs: number | undefined;
}

const recheckMs = 1_000;
const defaultTimeoutSeconds = 180;

/** True once nothing more will happen. */
export function hasEnded({ status }: Rebalance): boolean {
  return status.phase === 'Completed' || status.phase === 'Cancelled' || status.phase === 'Failed';
}

/**
 * The next step of a running Rebalance. Pure. One pod at a time: it goes when all of its controller's pods are ready, and
 * its replacement must be ready before the next. Whatever happened meanwhile, the pods as they are decide.
 */
export function planRebalanceStep(rebalance: Rebalance, world: RebalanceWorld): RebalanceStep {
  const { spec, status } = rebalance;
  const moves = [...(status.moves ?? [])];
  for (let index = 0; index < moves.length; index++) {
    const move = moves[index];
    if (!move || isSettled(move)) continue;
    if (spec.cancelled) return ended({ ...status, moves: moves.map(skipCancelled(world)) }, 'Cancelled', world);
    const looked = look(move, world, (spec.readyTimeoutSeconds ?? defaultTimeoutSeconds) * 1000);
    moves[index] = looked.move;
    if (looked.move.state === 'Failed') {
      const message = `${looked.move.message}: nothing more is moved`;
      return ended({ ...status, moves, message }, 'Failed', world);
    }
    if (isSettled(looked.move)) continue;
    const message = `${looked.move.pod}: ${looked.move.message ?? 'is being moved'}`;
    return {
      status: { ...status, moves, message, moved: countMoved(moves) },
      evict: looked.evict ? { index, pod: looked.evict } : undefined,
      recheckAfterMs: recheckMs,
    };
  }
  return ended({ ...status, moves }, spec.cancelled ? 'Cancelled' : 'Completed', world);
}

/** The move once its pod was asked to go. */
export function evicted(move: RebalanceMove, readyBefore: number, nowMs: number): RebalanceMove {
  return {
    ...move,
    state: 'Waiting',
    since: formatTime(nowMs),
    readyBefore,
    message: 'its replacement is not ready yet',
  };
}

/** The move where the eviction was refused for now. */
export function refused(move: RebalanceMove, reason: string, nowMs: number): RebalanceMove {
  const since = move.state === 'Evicting' ? move.since : formatTime(nowMs);
  return { ...move, state: 'Evicting', since, message: reason };
}

/** How many ready pods the pod's controller has. */
export function readyCount(pods: readonly Pod[]): number {
  return pods.filter((pod) => isPodActive(pod) && isPodReady(pod)).length;
}

function look(move: RebalanceMove, world: RebalanceWorld, timeoutMs: number): { move: RebalanceMove; evict?: Pod } {
  return move.state === 'Waiting' ? lookForReplacement(move, world, timeoutMs) : lookAtPod(move, world, timeoutMs);
}

function lookAtPod(
  move: RebalanceMove,
  world: RebalanceWorld,
  timeoutMs: number,
): { move: RebalanceMove; evict?: Pod } {
  const pod = world.pod(move.pod);
  const isThere = pod?.metadata.uid === move.podUID && isPodActive(pod) && pod.spec.nodeName === move.from;
  if (!isThere) return { move: settled(move, 'Skipped', `it is not on ${move.from} any more`, world) };
  const owner = controllerOf(pod);
  if (!owner) return { move: settled(move, 'Skipped', 'nobody would make it anew', world) };
  const wanted = world.replicasOf(pod.metadata.namespace ?? '', owner) ?? 0;
  const ready = readyCount(world.podsOf(owner.uid));
  if (ready < wanted) {
    const reason = `waits until ${owner.kind} ${owner.name} is well: ${ready} of ${wanted} ready`;
    return { move: patience(move, reason, world, timeoutMs) };
  }
  const obstacle = world.obstacleTo(pod);
  if (obstacle?.isFinal) return { move: settled(move, 'Skipped', obstacle.reason, world) };
  if (obstacle) return { move: patience(move, obstacle.reason, world, timeoutMs) };
  if (move.state === 'Evicting' && ageOf(move, world) > timeoutMs) {
    return { move: settled(move, 'Skipped', `could not be evicted in time: ${move.message ?? ''}`, world) };
  }
  return { move: { ...move, owner }, evict: pod };
}

/** Waits as long as it may; then the pod stays where it is. */
function patience(move: RebalanceMove, reason: string, world: RebalanceWorld, timeoutMs: number): RebalanceMove {
  if (move.state !== 'Evicting') return { ...move, state: 'Evicting', since: formatTime(world.nowMs), message: reason };
  if (ageOf(move, world) <= timeoutMs) return { ...move, message: reason };
  return settled(move, 'Skipped', reason, world);
}

function lookForReplacement(move: RebalanceMove, world: RebalanceWorld, timeoutMs: number): { move: RebalanceMove } {
  const { owner, readyBefore = 0 } = move;
  const namespace = move.pod.split('/')[0] ?? '';
  const wanted = owner && world.replicasOf(namespace, owner);
  if (!owner || wanted === undefined) return { move: settled(move, 'Moved', 'its controller is gone', world) };
  const pods = world.podsOf(owner.uid);
  const isGone = !pods.some(({ metadata }) => metadata.uid === move.podUID && metadata.deletionTimestamp === undefined);
  const newest = newestSince(pods, move);
  // Scaled down meanwhile: there may be none.
  if (isGone && readyCount(pods) >= Math.min(readyBefore, wanted) && (newest || wanted < readyBefore)) {
    const { message: _, ...rest } = settled(move, 'Moved', '', world);
    const nodeName = newest?.spec.nodeName;
    return {
      move: {
        ...rest,
        ...(newest ? { replacement: keyOf(newest) } : {}),
        ...(nodeName ? { replacementNode: nodeName } : {}),
      },
    };
  }
  if (ageOf(move, world) <= timeoutMs) return { move };
  const seconds = Math.round(timeoutMs / 1000);
  return { move: settled(move, 'Failed', `the replacement of ${move.pod} is not ready after ${seconds} s`, world) };
}

/** The youngest ready pod that is not the one that went. */
function newestSince(pods: readonly Pod[], move: RebalanceMove): Pod | undefined {
  const since = parseTime(move.since) ?? 0;
  const candidates = pods.filter(
    (pod) =>
      pod.metadata.uid !== move.podUID &&
      isPodActive(pod) &&
      isPodReady(pod) &&
      // Times are whole seconds, and the pod may have been made in the one in which its predecessor was asked to go.
      (parseTime(pod.metadata.creationTimestamp) ?? 0) >= since - 2000,
  );
  return candidates.toSorted((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? 1 : -1))[0];
}

function ageOf(move: RebalanceMove, { nowMs }: RebalanceWorld): number {
  return nowMs - (parseTime(move.since) ?? nowMs);
}

function isSettled({ state }: RebalanceMove): boolean {
  return state === 'Moved' || state === 'Skipped' || state === 'Failed';
}

function settled(move: RebalanceMove, state: string, message: string, { nowMs }: RebalanceWorld): RebalanceMove {
  return { ...move, state, since: formatTime(nowMs), message };
}

function skipCancelled(world: RebalanceWorld) {
  return (move: RebalanceMove) => {
    if (isSettled(move)) return move;
    const text = move.state === 'Waiting' ? 'cancelled while its replacement was starting' : 'cancelled';
    return settled(move, 'Skipped', text, world);
  };
}

function countMoved(moves: readonly RebalanceMove[]): number {
  return moves.filter(({ state }) => state === 'Moved').length;
}

function ended(status: RebalanceStatus, phase: string, { nowMs }: RebalanceWorld): RebalanceStep {
  const moves = status.moves ?? [];
  const moved = countMoved(moves);
  const skipped = moves.filter(({ state }) => state === 'Skipped').length;
  const words = `${moved} of ${moves.length} pods moved${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  const message =
    phase === 'Failed' ? (status.message ?? words) : moves.length === 0 ? 'there was nothing to move' : words;
  return {
    status: { ...status, phase, moved, message, completionTime: formatTime(nowMs) },
    evict: undefined,
    recheckAfterMs: undefined,
  };
}

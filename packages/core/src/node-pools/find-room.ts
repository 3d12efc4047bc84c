import { keyOf, type NodePool, type NodePoolTemplate, type Pod } from '@gantry/api-types';
import { parseTime } from '../lib/timestamp.ts';
import { podCondition } from '../reconcile/pod-state.ts';
import { simulate } from '../simulation/simulate.ts';
import type { SimulationSource } from '../simulation/source.ts';
import { hostsChange } from './hosts-change.ts';

/** Hosts that were asked for and take no pods yet. */
export interface UpcomingHosts {
  readonly pool: string;
  readonly template: NodePoolTemplate;
  readonly count: number;
}

export interface RoomQuestion {
  readonly pool: NodePool;
  /** Of every pool: what they will take needs no further host. */
  readonly upcoming: readonly UpcomingHosts[];
  /** How many more hosts the pool may have. */
  readonly maxMore: number;
  readonly nowMs: number;
}

/** Whether more hosts of a pool would help, and if not, why. */
export interface RoomAnswer {
  readonly reason: 'NoPodsWait' | 'Delaying' | 'PodsWait' | 'WouldNotHelp' | 'AtMaximum';
  readonly message: string;
  /** How many more hosts: as few as take as many of the waiting pods as can be taken. 0 unless `PodsWait`. */
  readonly hosts: number;
  /** The pods that would get room (`namespace/name`). */
  readonly helped: readonly string[];
  /** The images of those. */
  readonly images: readonly string[];
  /** When a pod will have waited long enough. */
  readonly recheckAfterMs?: number;
}

/** No more are started at a time, so that each question stays small. */
const maxAtOnce = 16;
const maxImages = 32;

/**
 * Asks the real scheduler, on a copy of the state with more hosts, whether these would take pods that wait for room.
 * Pure but for the copy. Yields where other work may have its turn.
 */
export function* findRoom(source: SimulationSource, question: RoomQuestion): Generator<void, RoomAnswer> {
  const { pool, maxMore, nowMs } = question;
  const nothing = { hosts: 0, helped: [], images: [] };
  const waiting = yield* waitingWith(source, question, 0);
  if (waiting.pods.length === 0) return { ...nothing, reason: 'NoPodsWait', message: 'no pod waits for room' };
  const delayMs = (pool.spec.scaleUp?.delaySeconds ?? 0) * 1000;
  const oldest = waiting.pods.reduce((first, pod) => Math.min(first, waitingSince(pod)), Number.POSITIVE_INFINITY);
  const dueIn = oldest + delayMs - nowMs;
  if (dueIn > 0) {
    const message = `pods that wait have not waited for ${delayMs / 1000} s yet`;
    return { ...nothing, reason: 'Delaying', message, recheckAfterMs: dueIn };
  }
  const limit = Math.max(1, Math.min(maxMore, maxAtOnce));
  const most = yield* waitingWith(source, question, limit);
  if (most.pods.length >= waiting.pods.length) {
    const message = `${waiting.pods.length} pods wait, and a host of this pool would help none: ${most.message}`;
    return { ...nothing, reason: 'WouldNotHelp', message };
  }
  let few = 1;
  let best = most;
  for (let many = limit; few < many; ) {
    const middle = Math.floor((few + many) / 2);
    const tried = yield* waitingWith(source, question, middle);
    if (tried.pods.length > most.pods.length) few = middle + 1;
    else {
      many = middle;
      best = tried;
    }
  }
  const left = new Set(best.pods.map(keyOf));
  const helped = waiting.pods.filter((pod) => !left.has(keyOf(pod)));
  const answer = { helped: helped.map(keyOf), images: imagesOf(helped) };
  const told = `${helped.length} pods wait for room that ${few} more ${few === 1 ? 'host' : 'hosts'} would give them`;
  if (maxMore > 0) return { ...answer, hosts: few, reason: 'PodsWait', message: told };
  return { ...answer, hosts: 0, reason: 'AtMaximum', message: `${told}, but the pool may not grow` };
}

/** The pods that wait now and would still wait with so many more hosts of the pool. */
function* waitingWith(
  source: SimulationSource,
  { pool, upcoming }: RoomQuestion,
  count: number,
): Generator<void, { readonly pods: readonly Pod[]; readonly message: string }> {
  const changes = upcoming
    .filter((hosts) => hosts.count > 0)
    .map((hosts) => hostsChange(hosts.pool, hosts.template, hosts.count));
  if (count > 0) changes.push(hostsChange(pool.metadata.name, pool.spec.template, count));
  const { placement } = yield* simulate(source, { changes });
  // Pods of DaemonSets for hosts that are not there are nobody's reason to start one.
  const real = placement.waiting.filter(({ simulated }) => !simulated.isNew);
  return { pods: real.map(({ simulated }) => simulated.pod), message: real[0]?.message ?? '' };
}

/** Since when the scheduler has found no node for it, or it is there. */
function waitingSince(pod: Pod): number {
  const condition = podCondition(pod, 'PodScheduled');
  const refused = condition?.status === 'False' ? parseTime(condition.lastTransitionTime) : undefined;
  return refused ?? parseTime(pod.metadata.creationTimestamp) ?? 0;
}

function imagesOf(pods: readonly Pod[]): readonly string[] {
  const images = pods.flatMap(({ spec }) =>
    [...(spec.initContainers ?? []), ...spec.containers].map(({ image }) => image),
  );
  return [...new Set(images)].filter((image) => image !== undefined).slice(0, maxImages);
}

import type { NodeVerdict } from '@gantry/api-types';
import { type PodInfo, schedulingClassOf } from '../scheduler/pod-info.ts';
import { PodScheduler } from '../scheduler/pod-scheduler.ts';
import type { ClusterSnapshot } from '../scheduler/snapshot.ts';
import type { SimulatedPod } from './simulated-pod.ts';

export interface Placed {
  readonly simulated: SimulatedPod;
  readonly best: NodeVerdict;
  readonly next: NodeVerdict | undefined;
}

export interface Waiting {
  readonly simulated: SimulatedPod;
  readonly message: string;
  /** Nobody was asked: it waits for another pod. */
  readonly isBehind: boolean;
}

export interface Placement {
  readonly scheduler: PodScheduler;
  readonly placed: readonly Placed[];
  readonly waiting: readonly Waiting[];
}

/** After this many pods the work may be interrupted. */
const sliceSize = 4;

/**
 * Places the pods one after the other with the real scheduler, in its queue's order: priority, then age. Those that fit
 * nowhere are tried again as long as others that were placed may have helped them. Yields where the caller may let other
 * work have its turn.
 */
export function* placePods(snapshot: ClusterSnapshot, pods: readonly SimulatedPod[]): Generator<void, Placement> {
  const scheduler = new PodScheduler(snapshot, { explainBest: 2 });
  const placed: Placed[] = [];
  let left = inQueueOrder(pods);
  let waiting: Waiting[] = [];
  const refusals = new Map<string, { readonly message: string; readonly sequence: number }>();
  for (;;) {
    waiting = [];
    const before = placed.length;
    const heldUp = new Map<string, string>();
    for (const [index, simulated] of left.entries()) {
      if (index % sliceSize === sliceSize - 1) yield;
      const blocker = simulated.sequenceOf === undefined ? undefined : heldUp.get(simulated.sequenceOf);
      if (blocker !== undefined) {
        waiting.push({ simulated, message: `waits for pod ${blocker}, which comes before it`, isBehind: true });
        continue;
      }
      const answer = tryPod(scheduler, snapshot, simulated.info, refusals);
      if ('message' in answer) {
        if (simulated.sequenceOf !== undefined) heldUp.set(simulated.sequenceOf, simulated.pod.metadata.name);
        waiting.push({ simulated, message: answer.message, isBehind: false });
      } else placed.push({ simulated, ...answer });
    }
    if (placed.length === before || waiting.length === 0) return { scheduler, placed, waiting };
    left = waiting.map(({ simulated }) => simulated);
  }
}

function tryPod(
  scheduler: PodScheduler,
  snapshot: ClusterSnapshot,
  pod: PodInfo,
  refusals: Map<string, { readonly message: string; readonly sequence: number }>,
): { readonly message: string } | { readonly best: NodeVerdict; readonly next: NodeVerdict | undefined } {
  const key = schedulingClassOf(pod);
  const known = refusals.get(key);
  // Placing pods only takes room: what others may help is what looks at other pods or at volumes.
  if (known && (known.sequence === snapshot.sequence || !mayBeHelped(pod))) return known;
  const result = scheduler.schedule(pod);
  if (result.outcome === 'unschedulable') {
    const refusal = { message: result.message, sequence: snapshot.sequence };
    refusals.set(key, refusal);
    return refusal;
  }
  snapshot.assume(pod, result.nodeName);
  const [best, next] = result.best;
  if (!best) throw new Error('the scheduler chose a node and names none');
  return { best, next };
}

function mayBeHelped({ group, claims }: PodInfo): boolean {
  return group.requiredAffinity !== undefined || group.hardSpread.length > 0 || claims.length > 0;
}

function inQueueOrder(pods: readonly SimulatedPod[]): readonly SimulatedPod[] {
  // Sorting is stable: pods that are alike keep the order in which they were made.
  return [...pods].sort((a, b) => {
    if (a.info.priority !== b.info.priority) return b.info.priority - a.info.priority;
    if (a.info.createdAt === b.info.createdAt) return 0;
    return a.info.createdAt < b.info.createdAt ? -1 : 1;
  });
}

import type { PlannedMove, RebalancePlanStatus, Taint } from '@gantry/api-types';
import { controllerOf } from '../reconcile/owner-references.ts';
import type { PodInfo } from '../scheduler/pod-info.ts';
import type { ClusterSnapshot } from '../scheduler/snapshot.ts';
import type { SimulationSource } from '../simulation/source.ts';
import { imbalanceOf, loadOf, openNodes } from './balance.ts';
import { reasonToStay } from './movable.ts';
import { Mover } from './mover.ts';

export interface PlannedMoves {
  readonly moves: readonly PlannedMove[];
  readonly stays: RebalancePlanStatus['stays'];
}

/** Simulated moves that a plan may cost. */
const maxTries = 400;
/** Of one node that gives pods away, before another is looked at. */
const triesPerNode = 12;
/** A move must bring the two nodes closer by this much more than the pod is large: else it is not worth a restart. */
const leastGap = 0.05;

/**
 * Moves that make the open nodes' requested shares more even, each of them by itself: largest pods of the fullest nodes
 * first, to where the scheduler would put them. Pods that would be interrupted for good or for long stay.
 */
export function* planBalance(mover: Mover, source: SimulationSource, maxMoves: number): Generator<void, PlannedMoves> {
  const moves: PlannedMove[] = [];
  const exhausted = new Set<string>();
  let imbalance = imbalanceOf(mover.snapshot);
  for (let tries = 0; moves.length < maxMoves && tries < maxTries; ) {
    const donor = fullest(mover.snapshot, exhausted);
    if (!donor) break;
    yield;
    const candidates = candidatesOn(mover, source, donor).slice(0, triesPerNode);
    let isMoved = false;
    for (const { pod, info, share } of candidates) {
      tries++;
      const tried = mover.move(pod, info, donor);
      yield;
      if (typeof tried === 'string') continue;
      const after = imbalanceOf(mover.snapshot);
      if (imbalance - after >= 2 * share * leastGap) {
        imbalance = after;
        moves.push(tried.move);
        isMoved = true;
        break;
      }
      tried.undo();
    }
    if (isMoved) exhausted.clear();
    else exhausted.add(donor);
  }
  return { moves, stays: [] };
}

/** Moves that leave a node with nothing but its daemons; what cannot go is said. The node counts as cordoned. */
export function* planEmptying(
  mover: Mover,
  source: SimulationSource,
  nodeName: string,
  maxMoves = Number.POSITIVE_INFINITY,
): Generator<void, PlannedMoves> {
  cordon(mover.snapshot, source, nodeName);
  const moves: PlannedMove[] = [];
  const stays: { pod: string; reason: string }[] = [];
  const pods = mover.podsOn(nodeName).filter(({ pod }) => controllerOf(pod)?.kind !== 'DaemonSet');
  // The largest find room hardest.
  const sorted = pods.toSorted((a, b) => sizeOf(b.info) - sizeOf(a.info) || (a.info.key < b.info.key ? -1 : 1));
  for (const { pod, info } of sorted) {
    const reason =
      moves.length >= maxMoves ? 'more would be moved than maxMoves allows' : reasonToStay(source, pod, true);
    const tried = reason ?? mover.move(pod, info, nodeName);
    if (typeof tried === 'string') stays.push({ pod: info.key, reason: tried });
    else moves.push(tried.move);
    yield;
  }
  return { moves, stays };
}

/** Nodes that could be without pods at the same time, emptiest first; only so many are tried. */
export function* findEmptiable(
  source: SimulationSource,
  start: ClusterSnapshot,
  maxNodes: number,
): Generator<void, readonly string[]> {
  let snapshot = start;
  const found: string[] = [];
  const nodes = openNodes(start).toSorted((a, b) => loadOf(a) - loadOf(b) || (a.name < b.name ? -1 : 1));
  // The last node has nowhere to send its pods to.
  for (const { name } of nodes.slice(0, Math.min(maxNodes, nodes.length - 1))) {
    const attempt = snapshot.clone();
    const mover = new Mover(source, attempt);
    // Pods that the plan itself put there are no pods that could be asked.
    const isPlain = mover.podsOn(name).length === (attempt.node(name)?.pods.size ?? 0);
    const { stays } = yield* planEmptying(mover, source, name);
    if (!isPlain || stays.length > 0) continue;
    found.push(name);
    snapshot = attempt;
  }
  return found;
}

function fullest(snapshot: ClusterSnapshot, exhausted: ReadonlySet<string>): string | undefined {
  const nodes = openNodes(snapshot);
  const mean = nodes.reduce((sum, node) => sum + loadOf(node), 0) / Math.max(1, nodes.length);
  let best: { name: string; load: number } | undefined;
  for (const node of nodes) {
    const load = loadOf(node);
    if (exhausted.has(node.name) || load <= mean) continue;
    if (!best || load > best.load || (load === best.load && node.name < best.name)) best = { name: node.name, load };
  }
  return best?.name;
}

function candidatesOn(mover: Mover, source: SimulationSource, nodeName: string) {
  const node = mover.snapshot.node(nodeName);
  if (!node) return [];
  const { milliCpu, memoryBytes } = node.allocatable;
  const load = loadOf(node);
  const lowest = Math.min(...openNodes(mover.snapshot).map(loadOf));
  return mover
    .podsOn(nodeName)
    .map(({ pod, info: { fit }, info }) => {
      const cpu = milliCpu > 0 ? fit.requests.milliCpu / milliCpu : 0;
      const memory = memoryBytes > 0 ? fit.requests.memoryBytes / memoryBytes : 0;
      return { pod, info, share: (cpu + memory) / 2 };
    })
    .filter(({ pod, share }) => share > 0 && share + leastGap <= load - lowest && !reasonToStay(source, pod, false))
    .sort((a, b) => b.share - a.share || (a.info.key < b.info.key ? -1 : 1));
}

function sizeOf({ fit: { requests } }: PodInfo): number {
  return requests.milliCpu / 1000 + requests.memoryBytes / 4 / 1024 ** 3;
}

const cordonTaint: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

function cordon(snapshot: ClusterSnapshot, source: SimulationSource, name: string): void {
  const node = source.lister('nodes').get(name);
  if (!node) return;
  const taints = [...(node.spec.taints ?? []).filter(({ key }) => key !== cordonTaint.key), cordonTaint];
  snapshot.setNode({ ...node, spec: { ...node.spec, unschedulable: true, taints } });
}

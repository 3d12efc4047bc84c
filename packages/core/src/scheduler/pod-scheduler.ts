import type { NodeVerdict } from './decision.ts';
import { explainPod, explainRefusal } from './evaluate.ts';
import { FitColumns, type NodePlugins } from './fit-columns.ts';
import {
  type ClusterFilterPlugin,
  type ClusterScorePlugin,
  type FilterResult,
  normalizeScore,
  type SchedulerPlugins,
} from './framework.ts';
import { compareNames } from './names.ts';
import type { NodeInfo } from './node-info.ts';
import type { FitClass } from './pod-classes.ts';
import { type PodInfo, schedulingClassOf } from './pod-info.ts';
import { defaultPlugins } from './registry.ts';
import type { ClusterSnapshot } from './snapshot.ts';

/** Where a pod goes, or Kubernetes' sentence on why it cannot. */
export type SchedulingResult =
  | {
      readonly outcome: 'feasible';
      readonly nodeName: string;
      readonly feasibleNodes: number;
      /** The best nodes with their scores, best first. */
      readonly best: readonly NodeVerdict[];
    }
  | { readonly outcome: 'unschedulable'; readonly message: string };

export interface PodSchedulerOptions {
  readonly plugins?: SchedulerPlugins;
  /** How many of the best nodes a result lists with their scores (default 5). */
  readonly explainBest?: number;
}

/** Cells (classes times slots) that cached columns may hold together: about 35 bytes each. */
const maxCells = 1_200_000;
/** Columns that are cached at most, however few the nodes: each takes 2 KiB beside its cells. */
const maxColumns = 1_000;

/** With these bounds a total score below 2^15, a pod count and a rank fit one exact number: 15 + 17 + 20 bits. */
const maxPodCount = 2 ** 17 - 1;
const maxRank = 2 ** 20 - 1;

/**
 * Places pods on the nodes of one snapshot. Looks at every node (no sampling) and answers exactly as asking every plugin
 * about every node would, but keeps per-node answers per class of equal pods and catches up on changed nodes only.
 * Ties are broken by fewer pods, then by name: the same state gives the same answer.
 */
export class PodScheduler {
  readonly #snapshot: ClusterSnapshot;
  readonly #plugins: SchedulerPlugins;
  readonly #nodePlugins: NodePlugins;
  readonly #clusterFilters: readonly ClusterFilterPlugin[];
  readonly #clusterScores: readonly ClusterScorePlugin[];
  readonly #explainBest: number;
  readonly #columns = new Map<number, FitColumns>();
  readonly #failures = new Map<string, string>();
  #failuresSequence = -1;
  #ranks = new Int32Array(0);
  #ranksVersion = -1;
  #slots = new Int32Array(0);
  /** Total scores of the feasible nodes, then what they are compared by. */
  #totals = new Float64Array(0);

  constructor(snapshot: ClusterSnapshot, options: PodSchedulerOptions = {}) {
    this.#snapshot = snapshot;
    this.#plugins = options.plugins ?? defaultPlugins;
    this.#explainBest = options.explainBest ?? 5;
    const { filters, scores } = this.#plugins;
    this.#nodePlugins = {
      staticFilters: filters.flatMap((plugin) => (plugin.dependsOn === 'node' ? [plugin] : [])),
      podFilters: filters.flatMap((plugin) => (plugin.dependsOn === 'pods' ? [plugin] : [])),
      scores: scores.filter((plugin) => plugin.dependsOn !== 'cluster'),
    };
    this.#clusterFilters = filters.filter((plugin) => plugin.dependsOn === 'cluster');
    this.#clusterScores = scores.filter((plugin) => plugin.dependsOn === 'cluster');
  }

  /** Decides for one pod. Changes nothing: call `snapshot.assume` to take the room. */
  schedule(pod: PodInfo): SchedulingResult {
    const columns = this.#columnsFor(pod.fit);
    const count = pod.unsupportedFields.length > 0 ? 0 : this.#findFeasible(pod, columns);
    if (count === 0) return { outcome: 'unschedulable', message: this.#explainFailure(pod) };
    const slots = this.#slots.subarray(0, count);
    const parts = this.#scoreFeasible(pod, columns, slots);
    const order = this.#findBest(slots, columns, Math.max(1, this.#explainBest));
    const best = order.map((index) => this.#verdict(index, slots, columns, parts));
    const nodeName = best[0]?.nodeName;
    if (nodeName === undefined) throw new Error('a feasible node has no place in the snapshot');
    return { outcome: 'feasible', nodeName, feasibleNodes: count, best: this.#explainBest > 0 ? best : [] };
  }

  /** Every node's verdict on the pod in the present state, best first. Looks at everything: not for the hot path. */
  explain(pod: PodInfo): readonly NodeVerdict[] {
    return explainPod(pod, this.#snapshot, this.#plugins);
  }

  #columnsFor(fit: FitClass): FitColumns {
    const known = this.#columns.get(fit.id);
    // Reinserted, so that the map's order is from the least to the most recently used.
    this.#columns.delete(fit.id);
    const columns = known ?? new FitColumns(fit, this.#nodePlugins);
    this.#columns.set(fit.id, columns);
    const byCells = Math.floor(maxCells / Math.max(1, this.#snapshot.slots.length));
    const limit = Math.max(8, Math.min(maxColumns, byCells));
    for (const oldest of this.#columns.keys()) {
      if (this.#columns.size <= limit) break;
      this.#columns.delete(oldest);
    }
    columns.refresh(this.#snapshot);
    return columns;
  }

  /** Fills `#slots` with the feasible slots and returns how many there are. */
  #findFeasible(pod: PodInfo, { feasible }: FitColumns): number {
    const { slots } = this.#snapshot;
    if (this.#slots.length < slots.length) {
      this.#slots = new Int32Array(slots.length);
      this.#totals = new Float64Array(slots.length);
    }
    const checks: ((node: NodeInfo) => FilterResult)[] = [];
    for (const plugin of this.#clusterFilters) {
      const check = plugin.prepare(pod, this.#snapshot);
      if (check) checks.push(check);
    }
    const found = this.#slots;
    let count = 0;
    for (let slot = 0; slot < slots.length; slot++) {
      if (feasible[slot] !== 1) continue;
      if (checks.length > 0 && !passes(checks, slots[slot])) continue;
      found[count++] = slot;
    }
    return count;
  }

  /** Fills `#totals` by position in `slots`; returns what a verdict's parts are read from. */
  #scoreFeasible(pod: PodInfo, columns: FitColumns, slots: Int32Array): ScoreParts {
    const totals = this.#totals;
    for (let index = 0; index < slots.length; index++) totals[index] = columns.base[slots[index] ?? 0] ?? 0;
    const maxima = this.#nodePlugins.scores.map(({ normalize, weight }, position) => {
      const raw = columns.scores[position];
      if (!normalize || !raw || !columns.hasScore[position]) return 0;
      const max = findMax(raw, slots);
      if (max === 0) return 0;
      for (let index = 0; index < slots.length; index++) {
        const score = weight * normalizeScore(raw[slots[index] ?? 0] ?? 0, max, normalize);
        totals[index] = (totals[index] ?? 0) + score;
      }
      return max;
    });
    const together = this.#clusterScores.map((plugin) => {
      const scores = plugin.scoreAll(pod, this.#snapshot, slots);
      if (!scores) return undefined;
      for (let index = 0; index < slots.length; index++) {
        totals[index] = (totals[index] ?? 0) + plugin.weight * (scores[index] ?? 0);
      }
      return scores;
    });
    return { maxima, together };
  }

  /** Positions in `slots` of the best nodes, best first. Score, pod count and name make one number to compare. */
  #findBest(slots: Int32Array, { podCounts }: FitColumns, limit: number): number[] {
    this.#refreshRanks();
    const keys = this.#totals;
    const ranks = this.#ranks;
    const best: number[] = [];
    let threshold = Number.NEGATIVE_INFINITY;
    for (let index = 0; index < slots.length; index++) {
      const slot = slots[index] ?? 0;
      const fewness = maxPodCount - Math.min(maxPodCount, podCounts[slot] ?? 0);
      const key = ((keys[index] ?? 0) * (maxPodCount + 1) + fewness) * (maxRank + 1) + maxRank - (ranks[slot] ?? 0);
      keys[index] = key;
      if (key <= threshold) continue;
      let place = best.length;
      while (place > 0 && key > (keys[best[place - 1] ?? 0] ?? 0)) place--;
      best.splice(place, 0, index);
      if (best.length > limit) best.pop();
      if (best.length === limit) threshold = keys[best[limit - 1] ?? 0] ?? threshold;
    }
    return best;
  }

  #refreshRanks(): void {
    if (this.#ranksVersion === this.#snapshot.nodesVersion) return;
    this.#ranksVersion = this.#snapshot.nodesVersion;
    const nodes = this.#snapshot.slots.filter((node) => node !== undefined);
    nodes.sort((a, b) => compareNames(a.name, b.name));
    this.#ranks = new Int32Array(this.#snapshot.slots.length);
    for (const [rank, node] of nodes.entries()) this.#ranks[node.slot] = rank;
  }

  #verdict(index: number, slots: Int32Array, columns: FitColumns, { maxima, together }: ScoreParts): NodeVerdict {
    const slot = slots[index] ?? -1;
    const scores: Record<string, number> = {};
    let totalScore = 0;
    const put = (plugin: { name: string; weight: number }, score: number): void => {
      scores[plugin.name] = score * plugin.weight;
      totalScore += score * plugin.weight;
    };
    for (const [position, plugin] of this.#nodePlugins.scores.entries()) {
      const raw = columns.scores[position]?.[slot] ?? 0;
      put(plugin, plugin.normalize ? normalizeScore(raw, maxima[position] ?? 0, plugin.normalize) : raw);
    }
    for (const [position, plugin] of this.#clusterScores.entries()) put(plugin, together[position]?.[index] ?? 0);
    return { nodeName: this.#snapshot.slots[slot]?.name ?? '', isFeasible: true, refusals: [], scores, totalScore };
  }

  /** Equal pods in the same state fail with the same sentence, so a thousand of them cost one look at the nodes. */
  #explainFailure(pod: PodInfo): string {
    if (this.#failuresSequence !== this.#snapshot.sequence) {
      this.#failures.clear();
      this.#failuresSequence = this.#snapshot.sequence;
    }
    const key = schedulingClassOf(pod);
    const message = this.#failures.get(key) ?? explainRefusal(pod, this.#snapshot, this.#plugins);
    this.#failures.set(key, message);
    return message;
  }
}

function passes(checks: readonly ((node: NodeInfo) => FilterResult)[], node: NodeInfo | undefined): boolean {
  if (!node) return false;
  for (const check of checks) {
    if (check(node).length > 0) return false;
  }
  return true;
}

function findMax(raw: Int32Array, slots: Int32Array): number {
  let max = 0;
  for (let index = 0; index < slots.length; index++) {
    const score = raw[slots[index] ?? 0] ?? 0;
    if (score > max) max = score;
  }
  return max;
}

interface ScoreParts {
  /** The highest raw score by node score plugin, for those that normalise. */
  readonly maxima: readonly number[];
  readonly together: readonly (Float64Array | undefined)[];
}

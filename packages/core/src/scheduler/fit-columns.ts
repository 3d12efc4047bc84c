import type { NodeFilterPlugin, NodeScorePlugin } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import type { FitClass } from './pod-classes.ts';
import type { ClusterSnapshot } from './snapshot.ts';

/** The plugins that look at one node at a time, sorted by what can change their answer. */
export interface NodePlugins {
  readonly staticFilters: readonly NodeFilterPlugin[];
  readonly podFilters: readonly NodeFilterPlugin[];
  readonly scores: readonly NodeScorePlugin[];
}

/**
 * Per-node answers of the node plugins for one fit class, as arrays by slot. Catches up through the snapshot's journal:
 * after a placement one slot is asked again, not the whole cluster.
 */
export class FitColumns {
  readonly #fit: FitClass;
  readonly #plugins: NodePlugins;
  /** 1 where every node filter admits the node. */
  feasible = new Uint8Array(0);
  /** Raw scores by plugin (as in {@link NodePlugins.scores}) and slot. */
  scores: Int32Array[];
  /** The weighted sum of those scores that are not normalised. */
  base = new Int32Array(0);
  /** Pods on each node. */
  podCounts = new Int32Array(0);
  /** By plugin: whether any node ever had a score other than 0. */
  hasScore: boolean[];
  #passesStatic = new Uint8Array(0);
  #factsVersion = new Float64Array(0);
  #imagesVersion = -1;
  #position = -1;

  constructor(fit: FitClass, plugins: NodePlugins) {
    this.#fit = fit;
    this.#plugins = plugins;
    this.scores = plugins.scores.map(() => new Int32Array(0));
    this.hasScore = plugins.scores.map(() => false);
  }

  /** Brings the arrays up to the snapshot's present state. */
  refresh(snapshot: ClusterSnapshot): void {
    const { journal, slots } = snapshot;
    const changed = slots.length > this.feasible.length ? undefined : journal.since(this.#position);
    if (slots.length > this.feasible.length) this.#allocate(slots.length);
    if (this.#imagesVersion !== snapshot.imagesVersion) this.#scoreImages(snapshot);
    if (changed && changed.length < slots.length) {
      for (const slot of changed) this.#update(slot, slots[slot], snapshot);
    } else if (!changed || changed.length > 0) {
      for (let slot = 0; slot < slots.length; slot++) this.#update(slot, slots[slot], snapshot);
    }
    this.#position = journal.position;
  }

  #allocate(needed: number): void {
    const capacity = Math.max(16, needed + (needed >> 2));
    this.feasible = new Uint8Array(capacity);
    this.base = new Int32Array(capacity);
    this.podCounts = new Int32Array(capacity);
    this.scores = this.#plugins.scores.map(() => new Int32Array(capacity));
    this.#passesStatic = new Uint8Array(capacity);
    this.#factsVersion = new Float64Array(capacity);
    this.#imagesVersion = -1;
  }

  #update(slot: number, node: NodeInfo | undefined, snapshot: ClusterSnapshot): void {
    if (!node) {
      this.feasible[slot] = 0;
      this.#factsVersion[slot] = 0;
      return;
    }
    this.podCounts[slot] = node.pods.size;
    if (this.#factsVersion[slot] !== node.factsVersion) {
      this.#factsVersion[slot] = node.factsVersion;
      this.#passesStatic[slot] = admits(this.#plugins.staticFilters, this.#fit, node) ? 1 : 0;
      this.#score('node', slot, node, snapshot);
      this.#score('images', slot, node, snapshot);
    }
    const isFeasible = this.#passesStatic[slot] === 1 && admits(this.#plugins.podFilters, this.#fit, node);
    this.feasible[slot] = isFeasible ? 1 : 0;
    if (!isFeasible) return;
    this.#score('pods', slot, node, snapshot);
    this.#sumBase(slot);
  }

  #scoreImages(snapshot: ClusterSnapshot): void {
    this.#imagesVersion = snapshot.imagesVersion;
    if (this.#fit.images.length === 0) return;
    for (const [slot, node] of snapshot.slots.entries()) {
      if (!node) continue;
      this.#score('images', slot, node, snapshot);
      this.#sumBase(slot);
    }
  }

  #score(dependsOn: NodeScorePlugin['dependsOn'], slot: number, node: NodeInfo, snapshot: ClusterSnapshot): void {
    const { scores } = this.#plugins;
    for (let index = 0; index < scores.length; index++) {
      const plugin = scores[index];
      const column = this.scores[index];
      if (!plugin || !column || plugin.dependsOn !== dependsOn) continue;
      const score = plugin.score(this.#fit, node, snapshot);
      column[slot] = score;
      if (score !== 0) this.hasScore[index] = true;
    }
  }

  #sumBase(slot: number): void {
    const { scores } = this.#plugins;
    let sum = 0;
    for (let index = 0; index < scores.length; index++) {
      const plugin = scores[index];
      if (plugin && !plugin.normalize) sum += plugin.weight * (this.scores[index]?.[slot] ?? 0);
    }
    this.base[slot] = sum;
  }
}

function admits(filters: readonly NodeFilterPlugin[], fit: FitClass, node: NodeInfo): boolean {
  for (const filter of filters) {
    if (filter.filter(fit, node).length > 0) return false;
  }
  return true;
}

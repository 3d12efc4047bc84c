import type { HistoryAnswer, HistorySeries, NodeUsage } from '@gantry/api-types';
import type { PodMetricsRecord } from '../autoscaling/metrics-reader.ts';
import { freshMs } from './freshness.ts';
import { historyTiers, tierFor } from './history-ring.ts';
import { type HistorySpan, seriesOf, sumOf } from './history-series.ts';
import { type NodeMetricsRecord, NodeTrack, nodeFigures } from './node-track.ts';
import { keptFigures } from './pod-figures.ts';
import { type PodIdentity, PodTrack } from './pod-track.ts';

export interface UsageHistoryOptions {
  /** Undefined for pods that are not known (any more): their usage is of no use to anybody. */
  readonly describe: (podUid: string) => PodIdentity | undefined;
  /** Pods without a fresh sample that are kept at most, the longest gone go first: some 10 KB each. Default 500. */
  readonly maxGonePods?: number;
}

const keptMs = 30 * 60_000;
const sweepEveryMs = 10_000;

/**
 * What pods and nodes used in the last half hour. Fed with the samples of agents; times come with the calls,
 * milliseconds since the epoch. Bounded: a few kilobytes for each pod that runs, and for those that have gone until their
 * half hour is over or there are too many of them.
 */
export class UsageHistory {
  readonly #options: UsageHistoryOptions;
  readonly #pods = new Map<string, PodTrack>();
  readonly #nodes = new Map<string, NodeTrack>();
  readonly #byWorkload = new Map<string, Set<PodTrack>>();
  #sweptAt = Number.NEGATIVE_INFINITY;

  constructor(options: UsageHistoryOptions) {
    this.#options = options;
  }

  /** Takes a node's sample that arrived at `now`. */
  record(nodeName: string, usage: NodeUsage, now: number): void {
    const at = Date.parse(usage.at);
    if (Number.isNaN(at)) return;
    const figures: (readonly number[])[] = [];
    for (const pod of usage.pods) {
      const track = this.#trackOf(pod.uid);
      if (track) figures.push(track.record(pod, at, now));
    }
    const node = this.#nodes.get(nodeName) ?? new NodeTrack();
    this.#nodes.set(nodeName, node);
    node.record(usage, figures, at, now);
    if (now - this.#sweptAt >= sweepEveryMs) this.#sweep(now);
  }

  /** See {@link PodTrack.metrics}. */
  podMetrics(uid: string, now: number): PodMetricsRecord | undefined {
    return this.#pods.get(uid)?.metrics(now);
  }

  /** See {@link NodeTrack.metrics}. */
  nodeMetrics(nodeName: string, now: number): NodeMetricsRecord | undefined {
    return this.#nodes.get(nodeName)?.metrics(now);
  }

  /** The newest sample of a node with all counters; undefined where there is no fresh one. */
  newestOfNode(nodeName: string, now: number): NodeUsage | undefined {
    return this.#nodes.get(nodeName)?.newest(now);
  }

  /** A pod may have other owners than before. */
  redescribe(uid: string): void {
    const track = this.#pods.get(uid);
    const identity = track && this.#options.describe(uid);
    if (!identity) return;
    this.#unlink(track);
    track.identity = identity;
    this.#link(track);
  }

  /** The answer to a page's question; see {@link HistoryAnswer}. */
  query(subjects: readonly string[], seconds: number, now: number): HistoryAnswer {
    const tier = tierFor(seconds);
    const { stepMs, slots } = historyTiers[tier];
    const steps = Math.min(slots, Math.max(1, Math.ceil((seconds * 1000) / stepMs)));
    // The step that runs is not over: what it has so far would look like a fall.
    const first = Math.floor(now / stepMs) - steps;
    const series = subjects.map((of): HistorySeries => ({ of, values: this.#valuesOf(of, { tier, first, steps }) }));
    return { at: now, from: first * stepMs, stepMs, series };
  }

  get size(): { readonly pods: number; readonly nodes: number } {
    return { pods: this.#pods.size, nodes: this.#nodes.size };
  }

  #valuesOf(subject: string, span: HistorySpan): HistorySeries['values'] {
    const slash = subject.indexOf('/');
    const name = subject.slice(slash + 1);
    switch (subject.slice(0, slash)) {
      case 'pod': {
        const track = this.#pods.get(name);
        return track ? seriesOf(track.ring, keptFigures, span) : {};
      }
      case 'node': {
        const track = this.#nodes.get(name);
        return track ? seriesOf(track.ring, nodeFigures, span) : {};
      }
      case 'workload': {
        const tracks = [...(this.#byWorkload.get(name) ?? [])];
        return sumOf(
          tracks.map(({ ring }) => ring),
          keptFigures,
          span,
        );
      }
      default:
        return {};
    }
  }

  #trackOf(uid: string): PodTrack | undefined {
    const known = this.#pods.get(uid);
    if (known) return known;
    const identity = this.#options.describe(uid);
    if (!identity) return undefined;
    const track = new PodTrack(uid, identity);
    this.#pods.set(uid, track);
    this.#link(track);
    return track;
  }

  #sweep(now: number): void {
    this.#sweptAt = now;
    const gone: PodTrack[] = [];
    for (const track of this.#pods.values()) {
      if (now - track.receivedAt > keptMs) this.#drop(track);
      else if (now - track.receivedAt > freshMs) gone.push(track);
    }
    const surplus = gone.length - (this.#options.maxGonePods ?? 500);
    if (surplus > 0) {
      gone.sort((a, b) => a.receivedAt - b.receivedAt);
      for (const track of gone.slice(0, surplus)) this.#drop(track);
    }
    for (const [name, { receivedAt }] of this.#nodes) if (now - receivedAt > keptMs) this.#nodes.delete(name);
  }

  #drop(track: PodTrack): void {
    this.#pods.delete(track.uid);
    this.#unlink(track);
  }

  #link(track: PodTrack): void {
    for (const workload of track.identity.workloads) {
      const known = this.#byWorkload.get(workload);
      if (known) known.add(track);
      else this.#byWorkload.set(workload, new Set([track]));
    }
  }

  #unlink(track: PodTrack): void {
    for (const workload of track.identity.workloads) {
      const known = this.#byWorkload.get(workload);
      known?.delete(track);
      if (known?.size === 0) this.#byWorkload.delete(workload);
    }
  }
}

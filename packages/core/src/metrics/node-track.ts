import type { NodeUsage } from '@gantry/api-types';
import { CounterWindow } from './counter-window.ts';
import { freshMs, metricsWindowMs } from './freshness.ts';
import { HistoryRing } from './history-ring.ts';
import { keptFigures } from './pod-figures.ts';

/** What a node used, as `metrics.k8s.io` gives it. */
export interface NodeMetricsRecord {
  /** End of the window, milliseconds since the epoch. */
  readonly at: number;
  readonly windowMs: number;
  /** Mean over the window. */
  readonly cpuMilli: number;
  readonly memoryBytes: number;
}

/** The figures of a node: those of its pods added up, and how many pods there are. */
export const nodeFigures = [...keptFigures, 'pods'] as const;

const podsColumn = nodeFigures.indexOf('pods');
const throttledColumn = nodeFigures.indexOf('throttledRatio');

/** The samples of one node: its history, and what it uses now. */
export class NodeTrack {
  readonly ring = new HistoryRing(nodeFigures.length);
  readonly #window = new CounterWindow();
  #newest: NodeUsage | undefined;
  #receivedAt = Number.NEGATIVE_INFINITY;

  /** When the newest sample came here. */
  get receivedAt(): number {
    return this.#receivedAt;
  }

  /** Takes a sample; `pods` are the figures of each of its pods, by {@link keptFigures}. */
  record(usage: NodeUsage, pods: readonly (readonly number[])[], at: number, now: number): void {
    const figures = new Float64Array(nodeFigures.length);
    for (const pod of pods) {
      for (let index = 0; index < pod.length; index += 1) figures[index] = (figures[index] ?? 0) + (pod[index] ?? 0);
    }
    figures[podsColumn] = pods.length;
    figures[throttledColumn] = (figures[throttledColumn] ?? 0) / Math.max(1, pods.length);
    if (usage.node) {
      figures[0] = usage.node.cpuMilli;
      figures[1] = usage.node.memoryBytes;
      this.#window.add(at, usage.node.cpuMicros);
    }
    this.ring.add(now, figures);
    this.#newest = usage;
    this.#receivedAt = now;
  }

  /** The newest sample, unless it is stale. */
  newest(now: number): NodeUsage | undefined {
    return now - this.#receivedAt <= freshMs ? this.#newest : undefined;
  }

  /** Usage over {@link metricsWindowMs}; undefined before the second sample, once it is stale, and where it is unknown. */
  metrics(now: number): NodeMetricsRecord | undefined {
    const node = this.newest(now)?.node;
    const rate = this.#window.rate(metricsWindowMs);
    if (!node || !rate) return undefined;
    const { memoryBytes } = node;
    return { at: this.#receivedAt, windowMs: rate.windowMs, cpuMilli: rate.perSecond / 1000, memoryBytes };
  }
}

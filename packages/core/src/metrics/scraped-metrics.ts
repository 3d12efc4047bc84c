import { maxSeriesPerPod, type ScrapedPod, type ScrapedSeries } from '@gantry/api-types/scrape';
import type { Labels } from '@gantry/api-types/selector';
import type { MetricSample } from '../autoscaling/metrics-reader.ts';
import { CounterWindow } from './counter-window.ts';
import { freshMs, metricsWindowMs } from './freshness.ts';
import { seriesNamesFor } from './wanted-metrics.ts';

/** What a series says now: a gauge its value, a counter how fast it grows per second. */
export interface SeriesValue extends MetricSample {
  readonly labels: Readonly<Record<string, string>>;
}

/** Whether a series with these labels is meant. */
export type LabelMatch = (labels: Labels) => boolean;

interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of a counter. */
  readonly window: CounterWindow | undefined;
  value: number;
}

interface ScrapedPodRecord {
  series: Map<string, Series>;
  /** When the newest that worked came here. */
  receivedAt: number;
  problem: string | undefined;
}

const sweepEveryMs = 10_000;

/**
 * What pods' own endpoints said last, by the pods' uids. Times come with the calls, milliseconds since the epoch. Bounded
 * by {@link maxSeriesPerPod}; a pod that says nothing for twice {@link freshMs} is forgotten.
 */
export class ScrapedMetrics {
  readonly #pods = new Map<string, ScrapedPodRecord>();
  #sweptAt = Number.NEGATIVE_INFINITY;

  /** Takes one look at a pod, which arrived at `now`. */
  record({ uid, at, series, problem }: ScrapedPod, now: number): void {
    const known = this.#pods.get(uid);
    const record = known ?? { series: new Map(), receivedAt: now, problem: undefined };
    if (!known) this.#pods.set(uid, record);
    record.problem = problem;
    if (problem === undefined) {
      record.series = nextSeries(record.series, series.slice(0, maxSeriesPerPod), at);
      record.receivedAt = now;
    }
    if (now - this.#sweptAt >= sweepEveryMs) this.#sweep(now);
  }

  /** All series that answer for the metric and are meant; empty where there is no fresh one. */
  series(uid: string, metric: string, matches: LabelMatch | undefined, now: number): SeriesValue[] {
    const record = this.#pods.get(uid);
    if (!record || now - record.receivedAt > freshMs) return [];
    const all = [...record.series.values()];
    const name = seriesNamesFor(metric).find((candidate) => all.some((it) => it.name === candidate));
    return all.flatMap((it) => {
      if (it.name !== name || (matches && !matches(it.labels))) return [];
      const value = it.window ? it.window.rate(metricsWindowMs)?.perSecond : it.value;
      return value === undefined ? [] : [{ at: record.receivedAt, value, labels: it.labels }];
    });
  }

  /** The sum over {@link series}; undefined where there is none. */
  value(uid: string, metric: string, matches: LabelMatch | undefined, now: number): MetricSample | undefined {
    return sumOfSamples(this.series(uid, metric, matches, now));
  }

  /** Why a pod's endpoint could not be read, where it could not. */
  problem(uid: string): string | undefined {
    return this.#pods.get(uid)?.problem;
  }

  /** The names of the series that pods have. */
  names(uids: Iterable<string>): Set<string> {
    const names = new Set<string>();
    for (const uid of uids) for (const { name } of this.#pods.get(uid)?.series.values() ?? []) names.add(name);
    return names;
  }

  get uids(): Iterable<string> {
    return this.#pods.keys();
  }

  #sweep(now: number): void {
    this.#sweptAt = now;
    for (const [uid, { receivedAt }] of this.#pods) if (now - receivedAt > 2 * freshMs) this.#pods.delete(uid);
  }
}

/** Added up, as old as the oldest; undefined for none. */
export function sumOfSamples(samples: readonly MetricSample[]): MetricSample | undefined {
  if (samples.length === 0) return undefined;
  return {
    at: Math.min(...samples.map(({ at }) => at)),
    value: samples.reduce((sum, { value }) => sum + value, 0),
  };
}

/** Those of the newest look, with what was known of them before. */
function nextSeries(before: ReadonlyMap<string, Series>, series: readonly ScrapedSeries[], at: number) {
  const next = new Map<string, Series>();
  for (const { name, labels = {}, value, isCounter } of series) {
    const key = keyOf(name, labels);
    const window = isCounter ? (before.get(key)?.window ?? new CounterWindow()) : undefined;
    window?.add(at, value);
    next.set(key, { name, labels, window, value });
  }
  return next;
}

function keyOf(name: string, labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([name, pairs]);
}

import type { PodUsage } from '@gantry/api-types';
import type { PodMetricsRecord } from '../autoscaling/metrics-reader.ts';
import { CounterWindow } from './counter-window.ts';
import { freshMs, metricsWindowMs } from './freshness.ts';
import { HistoryRing } from './history-ring.ts';
import { keptFigures, podFigures, type TimedPodUsage } from './pod-figures.ts';

/** Whose pod it is. */
export interface PodIdentity {
  readonly namespace: string;
  readonly name: string;
  /** `Kind/namespace/name` of what the pod belongs to, directly and above. */
  readonly workloads: readonly string[];
}

/** The samples of one pod: its history, and what it uses now. Times are milliseconds since the epoch. */
export class PodTrack {
  readonly uid: string;
  readonly ring = new HistoryRing(keptFigures.length);
  identity: PodIdentity;
  #newest: TimedPodUsage | undefined;
  #receivedAt = Number.NEGATIVE_INFINITY;
  /** Of each running container's cpu. */
  readonly #windows = new Map<string, CounterWindow>();

  constructor(uid: string, identity: PodIdentity) {
    this.uid = uid;
    this.identity = identity;
  }

  /** When the newest sample came here. */
  get receivedAt(): number {
    return this.#receivedAt;
  }

  /** Takes a sample that the node gave the time `at` and that arrived at `now`; returns its figures. */
  record(usage: PodUsage, at: number, now: number): readonly number[] {
    // What happened while nothing was heard belongs to no step.
    const isGap = now - this.#receivedAt > freshMs;
    if (isGap) this.#windows.clear();
    const sample = { at, usage };
    const figures = podFigures(isGap ? undefined : this.#newest, sample);
    this.ring.add(now, figures);
    this.#newest = sample;
    this.#receivedAt = now;
    const { containers = [] } = usage;
    for (const { name, cpuMicros } of containers) this.#windowOf(name).add(at, cpuMicros);
    if (this.#windows.size > containers.length) this.#dropWindows(new Set(containers.map(({ name }) => name)));
    return figures;
  }

  /** The newest sample, unless it is stale. */
  newest(now: number): PodUsage | undefined {
    return now - this.#receivedAt <= freshMs ? this.#newest?.usage : undefined;
  }

  /** Usage over {@link metricsWindowMs} as far as there are samples; undefined before the second and once it is stale. */
  metrics(now: number): PodMetricsRecord | undefined {
    const running = this.newest(now)?.containers ?? [];
    let windowMs = 0;
    const containers = running.flatMap(({ name, memoryBytes }) => {
      const rate = this.#windows.get(name)?.rate(metricsWindowMs);
      windowMs = Math.max(windowMs, rate?.windowMs ?? 0);
      return rate ? [{ name, cpuMilli: rate.perSecond / 1000, memoryBytes }] : [];
    });
    // With one of its containers left out, the pod would look idle.
    if (containers.length === 0 || containers.length < running.length) return undefined;
    const { namespace, name } = this.identity;
    return { namespace, name, uid: this.uid, at: this.#receivedAt, windowMs, containers };
  }

  #windowOf(container: string): CounterWindow {
    const known = this.#windows.get(container);
    if (known) return known;
    const window = new CounterWindow();
    this.#windows.set(container, window);
    return window;
  }

  #dropWindows(running: ReadonlySet<string>): void {
    for (const name of this.#windows.keys()) if (!running.has(name)) this.#windows.delete(name);
  }
}

import type { Pod } from '@gantry/api-types';
import { maxSeriesPerPod, type ScrapedPod, type ScrapedSeries, type WantedMetrics } from '@gantry/api-types/scrape';
import type { Clock } from '@gantry/core';
import { type ExposedSample, parseExposition } from '@gantry/core/metrics/parse-exposition';
import { type ScrapeTarget, scrapeTargetOf } from '@gantry/core/metrics/scrape-target';
import { messageOf } from '../runtime/container-runtime.ts';
import { fetchMetrics } from './fetch-metrics.ts';

/** A pod that runs, and where it can be reached from the host. */
export interface ReachablePod {
  readonly pod: Pod;
  readonly host: string;
}

export interface PodScraperOptions {
  readonly pods: () => readonly ReachablePod[];
  readonly clock: Clock;
  /** Takes what a round found; called at most once a round, never with nothing. */
  readonly send: (items: readonly ScrapedPod[]) => void;
  /** Default 5 s. */
  readonly everyMs?: number;
  /** Of one endpoint. Default 2 s. */
  readonly timeoutMs?: number;
}

const parallel = 4;
const maxBytes = 2 * 1024 * 1024;

/**
 * Asks pods for their own metrics: only those in namespaces of which something is wanted, only if annotated, and only
 * the wanted series are sent. Does nothing while nothing is wanted.
 */
export class PodScraper {
  readonly #options: PodScraperOptions;
  readonly #stopping = new AbortController();
  #wanted = new Map<string, ReadonlySet<string>>();
  #cancelTimer: (() => void) | undefined;
  #round: Promise<void> | undefined;

  constructor(options: PodScraperOptions) {
    this.#options = options;
  }

  /** In place of what was wanted before. A first round begins at once. */
  setWanted(items: readonly WantedMetrics[]): void {
    this.#wanted = new Map(items.map(({ namespace, names }) => [namespace, new Set(names)]));
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#wanted.size > 0) this.#begin();
  }

  /** Resolves when no request is under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#cancelTimer?.();
    await this.#round;
  }

  #begin(): void {
    if (this.#stopping.signal.aborted) return;
    const { clock, everyMs = 5_000 } = this.#options;
    this.#cancelTimer = clock.setTimer(() => this.#begin(), everyMs);
    // A round that takes longer than its time is not overtaken.
    this.#round ??= this.#scrapeAll().finally(() => {
      this.#round = undefined;
    });
  }

  async #scrapeAll(): Promise<void> {
    const waiting = this.#options.pods().flatMap(({ pod, host }) => {
      const names = this.#wanted.get(pod.metadata.namespace ?? '');
      const target = names && scrapeTargetOf(pod);
      return names && target ? [{ uid: pod.metadata.uid, host, target, names }] : [];
    });
    const found: ScrapedPod[] = [];
    const work = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) found.push(await this.#scrape(next));
    };
    await Promise.all(Array.from({ length: parallel }, work));
    if (found.length > 0 && !this.#stopping.signal.aborted) this.#options.send(found);
  }

  async #scrape({ uid, host, target, names }: Scrape): Promise<ScrapedPod> {
    const { clock, timeoutMs = 2_000 } = this.#options;
    try {
      const text = await fetchMetrics({ host, target, timeoutMs, maxBytes, signal: this.#stopping.signal });
      const series = parseExposition(text, { wanted: names, maxSamples: maxSeriesPerPod }).map(toSeries);
      return { uid, at: clock.now(), series };
    } catch (error) {
      const { scheme, port, path } = target;
      return { uid, at: clock.now(), series: [], problem: `${scheme}://${host}:${port}${path}: ${messageOf(error)}` };
    }
  }
}

interface Scrape {
  readonly uid: string;
  readonly host: string;
  readonly target: ScrapeTarget;
  readonly names: ReadonlySet<string>;
}

function toSeries({ name, labels, value, isCounter }: ExposedSample): ScrapedSeries {
  const hasLabels = Object.keys(labels).length > 0;
  return { name, value, ...(hasLabels ? { labels } : {}), ...(isCounter ? { isCounter: true } : {}) };
}

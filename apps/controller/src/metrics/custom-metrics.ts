import type { ScrapedPod } from '@gantry/api-types/scrape';
import type { Clock, InformerSource } from '@gantry/core';
import type { DescribedObject, MetricSample } from '@gantry/core/autoscaling/metrics-reader';
import { externalMetricsAnnotation } from '@gantry/core/metrics/scrape-target';
import { type LabelMatch, ScrapedMetrics, type SeriesValue, sumOfSamples } from '@gantry/core/metrics/scraped-metrics';
import { podsBehind } from './described-pods.ts';
import { WantedMetricsFeed } from './wanted-metrics-feed.ts';

export interface CustomMetricsOptions {
  readonly informers: InformerSource;
  readonly clock: Clock;
}

/** What pods' own endpoints say, as the custom and external metrics of Kubernetes. */
export class CustomMetrics {
  readonly wanted: WantedMetricsFeed;
  readonly #informers: InformerSource;
  readonly #clock: Clock;
  readonly #scraped = new ScrapedMetrics();

  constructor({ informers, clock }: CustomMetricsOptions) {
    this.#informers = informers;
    this.#clock = clock;
    this.wanted = new WantedMetricsFeed(informers, clock);
  }

  stop(): void {
    this.wanted.stop();
  }

  /** What an agent found at the pods of its node. */
  record(items: readonly ScrapedPod[]): void {
    for (const item of items) this.#scraped.record(item, this.#clock.now());
  }

  ofPod(uid: string, metric: string, matches: LabelMatch | undefined): MetricSample | undefined {
    return this.#scraped.value(uid, metric, matches, this.#clock.now());
  }

  /** The sum over the pods behind the object that have the metric; undefined where none has. */
  ofObject(object: DescribedObject, metric: string, matches: LabelMatch | undefined): MetricSample | undefined {
    const pods = podsBehind(this.#informers, object) ?? [];
    return sumOfSamples(pods.flatMap(({ metadata }) => this.ofPod(metadata.uid, metric, matches) ?? []));
  }

  /** The series of the namespace's pods that are annotated as serving external metrics. */
  external(namespace: string, metric: string, matches: LabelMatch | undefined): readonly SeriesValue[] {
    const now = this.#clock.now();
    const pods = this.#informers.informer('pods').lister.list(namespace);
    return pods
      .filter(({ metadata }) => metadata.annotations?.[externalMetricsAnnotation] === 'true')
      .flatMap(({ metadata }) => this.#scraped.series(metadata.uid, metric, matches, now));
  }

  /** Why the pod's endpoint could not be read last, where it could not. */
  problemOf(uid: string): string | undefined {
    return this.#scraped.problem(uid);
  }

  /** Names of series that are collected just now. */
  names(): string[] {
    return [...this.#scraped.names(this.#scraped.uids)].sort();
  }
}

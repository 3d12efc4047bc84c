import { compileLabelSelector, type HistoryAnswer, type LabelSelector, type NodeUsage } from '@gantry/api-types';
import type { Clock, InformerSource } from '@gantry/core';
import type {
  DescribedObject,
  MetricSample,
  MetricsReader,
  PodMetricsRecord,
} from '@gantry/core/autoscaling/metrics-reader';
import type { NodeMetricsRecord } from '@gantry/core/metrics/node-track';
import type { PodIdentity } from '@gantry/core/metrics/pod-track';
import type { LabelMatch } from '@gantry/core/metrics/scraped-metrics';
import { UsageHistory } from '@gantry/core/metrics/usage-history';
import { CustomMetrics } from './custom-metrics.ts';
import { PodIdentities } from './pod-identities.ts';

export interface ClusterMetricsOptions {
  readonly informers: InformerSource;
  readonly clock: Clock;
}

/** What the cluster uses, from what agents send: for autoscalers, `metrics.k8s.io`, Prometheus and the page. */
export class ClusterMetrics implements MetricsReader {
  readonly history: UsageHistory;
  readonly custom: CustomMetrics;
  readonly #clock: Clock;
  readonly #identities: PodIdentities;

  constructor({ informers, clock }: ClusterMetricsOptions) {
    this.#clock = clock;
    this.#identities = new PodIdentities(informers, (uid) => this.history.redescribe(uid));
    this.custom = new CustomMetrics({ informers, clock });
    this.history = new UsageHistory({ describe: (uid) => this.#identities.describe(uid) });
  }

  stop(): void {
    this.#identities.stop();
    this.custom.stop();
  }

  /** A node's sample has come. */
  record(nodeName: string, usage: NodeUsage): void {
    this.history.record(nodeName, usage, this.#clock.now());
  }

  podUsage(uid: string): PodMetricsRecord | undefined {
    return this.history.podMetrics(uid, this.#clock.now());
  }

  nodeUsage(nodeName: string): NodeMetricsRecord | undefined {
    return this.history.nodeMetrics(nodeName, this.#clock.now());
  }

  /** The newest sample of a node with all counters; undefined where there is no fresh one. */
  newestOfNode(nodeName: string): NodeUsage | undefined {
    return this.history.newestOfNode(nodeName, this.#clock.now());
  }

  podIdentity(uid: string): PodIdentity | undefined {
    return this.#identities.describe(uid);
  }

  query(subjects: readonly string[], seconds: number): HistoryAnswer {
    return this.history.query(subjects, seconds, this.#clock.now());
  }

  podMetric(uid: string, metric: string, selector: LabelSelector | undefined): MetricSample | undefined {
    return this.custom.ofPod(uid, metric, matchOf(selector));
  }

  objectMetric(object: DescribedObject, metric: string, selector: LabelSelector | undefined): MetricSample | undefined {
    return this.custom.ofObject(object, metric, matchOf(selector));
  }

  externalMetric(namespace: string, metric: string, selector: LabelSelector | undefined): readonly MetricSample[] {
    return this.custom.external(namespace, metric, matchOf(selector));
  }
}

function matchOf(selector: LabelSelector | undefined): LabelMatch | undefined {
  return selector && compileLabelSelector(selector).matches;
}

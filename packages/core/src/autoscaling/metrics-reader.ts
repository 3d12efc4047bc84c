import type { LabelSelector } from '@gantry/api-types';

/** What one container used over the window of its {@link PodMetricsRecord}. */
export interface ContainerUsage {
  readonly name: string;
  /** Mean over the window, thousandths of a core. */
  readonly cpuMilli: number;
  /** Working set at the end of the window, bytes. */
  readonly memoryBytes: number;
}

/** A pod's usage as `metrics.k8s.io` gives it. */
export interface PodMetricsRecord {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** End of the window, milliseconds since the epoch. */
  readonly at: number;
  /** Length of the window the cpu is averaged over, milliseconds. */
  readonly windowMs: number;
  readonly containers: readonly ContainerUsage[];
}

/** One value of a metric that is neither cpu nor memory. */
export interface MetricSample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly value: number;
}

/** The object a metric describes, as `spec.metrics[].object.describedObject` of an autoscaler names it. */
export interface DescribedObject {
  readonly apiVersion?: string | undefined;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/**
 * Where autoscalers get their numbers: the three metrics APIs of Kubernetes (resource, custom, external) as calls.
 * Everything answers from memory; undefined means that there is no fresh sample, which is not zero.
 */
export interface MetricsReader {
  podUsage(uid: string): PodMetricsRecord | undefined;
  /** A metric that the pod's own endpoint serves; the selector narrows its series, whose values are added up. */
  podMetric(uid: string, metric: string, selector: LabelSelector | undefined): MetricSample | undefined;
  objectMetric(object: DescribedObject, metric: string, selector: LabelSelector | undefined): MetricSample | undefined;
  /** The values of all series of an external metric that the selector picks; empty where there is none. */
  externalMetric(namespace: string, metric: string, selector: LabelSelector | undefined): readonly MetricSample[];
}

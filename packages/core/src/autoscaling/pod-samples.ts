import type { LabelSelector, Pod } from '@gantry/api-types';
import { MetricError } from './metric-error.ts';
import type { MetricsReader, PodMetricsRecord } from './metrics-reader.ts';

/** One pod's share of a metric. */
export interface PodSample {
  /** Thousandths: milli-cpu, milli-bytes, milli-anything. Whole. */
  readonly milli: number;
  /** End of the window it was averaged over, milliseconds since the epoch. */
  readonly at: number;
  readonly windowMs: number;
}

/** By pod uid; a pod without a fresh sample is not in it. */
export type PodSamples = ReadonlyMap<string, PodSample>;

/** What the pods, or the containers of this name in them, use of a resource. */
export function resourceSamples(
  pods: readonly Pod[],
  wanted: { readonly resource: string; readonly container: string | undefined },
  metrics: MetricsReader,
): PodSamples {
  const samples = new Map<string, PodSample>();
  for (const pod of pods) {
    const record = metrics.podUsage(pod.metadata.uid);
    const milli = record && milliOf(record, wanted.resource, wanted.container);
    if (record && milli !== undefined)
      samples.set(pod.metadata.uid, { milli, at: record.at, windowMs: record.windowMs });
  }
  if (samples.size > 0) return samples;
  throw new MetricError('no metrics returned from resource metrics API');
}

function milliOf(record: PodMetricsRecord, resource: string, container: string | undefined): number | undefined {
  if (resource !== 'cpu' && resource !== 'memory') return undefined;
  const counted =
    container === undefined ? record.containers : record.containers.filter(({ name }) => name === container);
  if (container !== undefined && counted.length === 0) {
    const pod = `${record.namespace}/${record.name}`;
    throw new MetricError(
      `failed to get container metrics: container ${container} not present in metrics for pod ${pod}`,
    );
  }
  let milli = 0;
  for (const used of counted) milli += resource === 'cpu' ? used.cpuMilli : used.memoryBytes * 1000;
  return Math.round(milli);
}

/** What the pods' own endpoints say of a metric. */
export function customSamples(
  pods: readonly Pod[],
  wanted: { readonly metric: string; readonly selector: LabelSelector | undefined },
  metrics: MetricsReader,
): PodSamples {
  const samples = new Map<string, PodSample>();
  for (const { metadata } of pods) {
    const sample = metrics.podMetric(metadata.uid, wanted.metric, wanted.selector);
    if (sample) samples.set(metadata.uid, { milli: toMilli(sample.value), at: sample.at, windowMs: 0 });
  }
  if (samples.size > 0) return samples;
  throw new MetricError('no metrics returned from custom metrics API');
}

/** Thousandths, rounded up as Kubernetes does, but not for what only a double's rounding error adds. */
export function toMilli(value: number): number {
  return Math.ceil(Number((value * 1000).toFixed(4)));
}

import type { HorizontalPodAutoscaler, MetricSpec } from '@gantry/api-types';
import type { WantedMetrics } from '@gantry/api-types/scrape';

/**
 * The series that may answer a question for a metric, in this order: the series of that name (a counter's rate, a
 * gauge's value), then, as adapters for Prometheus usually name them, the rate of the counter that the name is of:
 * `http_requests_per_second` and `http_requests` are the rate of `http_requests_total`.
 */
export function seriesNamesFor(metric: string): readonly string[] {
  const [, base] = /^(.+)_per_second$/.exec(metric) ?? [];
  return [metric, ...(base === undefined ? [] : [`${base}_total`]), `${metric}_total`];
}

/** By namespace, what autoscalers ask pods for. */
export function metricsWantedBy(autoscalers: Iterable<HorizontalPodAutoscaler>): Map<string, Set<string>> {
  const wanted = new Map<string, Set<string>>();
  for (const { metadata, spec } of autoscalers) {
    for (const metric of spec.metrics ?? []) {
      const name = metricNameOf(metric);
      if (name !== undefined) addWanted(wanted, metadata.namespace ?? '', name);
    }
  }
  return wanted;
}

/** Adds all series that may answer. */
export function addWanted(wanted: Map<string, Set<string>>, namespace: string, metric: string): void {
  const names = wanted.get(namespace) ?? new Set<string>();
  wanted.set(namespace, names);
  for (const name of seriesNamesFor(metric)) names.add(name);
}

/** In a fixed order, so that the same is said in the same words. */
export function toWantedMetrics(wanted: ReadonlyMap<string, ReadonlySet<string>>): WantedMetrics[] {
  const items = [...wanted].map(([namespace, names]) => ({ namespace, names: [...names].sort() }));
  return items.sort((a, b) => (a.namespace < b.namespace ? -1 : 1));
}

function metricNameOf(metric: MetricSpec): string | undefined {
  return (metric.pods ?? metric.object ?? metric.external)?.metric.name;
}

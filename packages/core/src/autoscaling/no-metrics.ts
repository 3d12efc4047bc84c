import type { MetricsReader } from './metrics-reader.ts';

/** A cluster where nothing is measured. */
export const noMetrics: MetricsReader = {
  podUsage: () => undefined,
  podMetric: () => undefined,
  objectMetric: () => undefined,
  externalMetric: () => [],
};

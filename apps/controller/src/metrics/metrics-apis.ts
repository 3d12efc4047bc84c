import type { ComputedApi } from '../api/computed-api.ts';
import { createCustomMetricsApi } from './custom-metrics-api.ts';
import { createExternalMetricsApi } from './external-metrics-api.ts';
import { createResourceMetricsApi, type ResourceMetricsApiOptions } from './resource-metrics-api.ts';

/** The three metrics APIs of Kubernetes. */
export function createMetricsApis(options: ResourceMetricsApiOptions): readonly ComputedApi[] {
  const { informers, metrics } = options;
  return [
    createResourceMetricsApi(options),
    createCustomMetricsApi({ informers, custom: metrics.custom }),
    createExternalMetricsApi(metrics.custom),
  ];
}

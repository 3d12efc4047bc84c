import type { MetricSpec } from '../../generated/types.ts';

/** A wish for this much of the requested cpu to be used, in per cent. */
export function cpuMetric(averageUtilization: number): MetricSpec {
  return { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } };
}

import { parseLabelSelector } from '@gantry/api-types/selector';
import { formatTime } from '@gantry/core/lib/timestamp';
import type { ComputedApi } from '../api/computed-api.ts';
import { unknownResource } from '../api/failures.ts';
import { textParameter } from '../api/http/query.ts';
import type { CustomMetrics } from './custom-metrics.ts';
import { formatMetric } from './metric-quantities.ts';
import { valueListResource } from './value-list-resource.ts';

const group = 'external.metrics.k8s.io';
const version = 'v1beta1';

/**
 * `external.metrics.k8s.io/v1beta1`: `namespaces/NS/METRIC`, the series that pods annotated
 * `gantry.io/external-metrics: "true"` serve (exporters of queues and the like); `labelSelector` picks among them. As
 * with custom metrics, asking for one begins its collection.
 */
export function createExternalMetricsApi(custom: CustomMetrics): ComputedApi {
  return {
    group,
    version,
    resources: [valueListResource({ group, version, kind: 'ExternalMetricValueList', plural: 'metrics/*' })],
    answer({ namespace, resource: metric, name, query }) {
      if (namespace === undefined || name !== undefined) throw unknownResource();
      const { matches } = parseLabelSelector(textParameter(query, 'labelSelector'));
      custom.wanted.ask(namespace, metric);
      const items = custom.external(namespace, metric, matches).map(({ labels, at, value }) => ({
        metricName: metric,
        metricLabels: labels,
        timestamp: formatTime(at),
        value: formatMetric(value),
      }));
      return {
        type: 'document',
        body: { kind: 'ExternalMetricValueList', apiVersion: `${group}/${version}`, metadata: {}, items },
      };
    },
  };
}

import {
  type AutoscalerMetric,
  type AutoscalerMetricUnit,
  type MetricSpec,
  type MetricTarget,
  parseQuantity,
} from '@gantry/api-types';

/** How a metric of an autoscaler is shown in a chart. */
export function metricFacts(spec: MetricSpec): AutoscalerMetric {
  const { resource, containerResource, pods, object, external } = spec;
  if (resource) return facts(resource.name, resource.target, resourceUnit(resource.name));
  if (containerResource) {
    const { name, container, target } = containerResource;
    return facts(`${name} of ${container}`, target, resourceUnit(name));
  }
  if (pods) return facts(`${pods.metric.name} on pods`, pods.target, 'value');
  if (object) {
    const { kind, name } = object.describedObject;
    return facts(`${object.metric.name} on ${kind}/${name}`, object.target, 'value');
  }
  if (external) return facts(`${external.metric.name} (external)`, external.target, 'value');
  return { name: spec.type, unit: 'value', target: 0, isAverage: false };
}

function facts(name: string, target: MetricTarget, unit: AutoscalerMetricUnit): AutoscalerMetric {
  const { averageUtilization, averageValue, value } = target;
  if (averageUtilization !== undefined) return { name, unit: 'percent', target: averageUtilization, isAverage: true };
  if (averageValue !== undefined) return { name, unit, target: parseQuantity(averageValue), isAverage: true };
  return { name, unit, target: parseQuantity(value ?? '0'), isAverage: false };
}

function resourceUnit(resource: string): AutoscalerMetricUnit {
  if (resource === 'cpu') return 'cores';
  return resource === 'memory' ? 'bytes' : 'value';
}

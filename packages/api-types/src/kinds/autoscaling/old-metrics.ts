import type { CrossVersionObjectReference, LabelSelector, MetricSpec, MetricTarget } from '../../generated/types.ts';

/** A source of version 1: what version 2 says of metric and target, in fields of its own. */
interface OldSource {
  name?: string;
  container?: string;
  metricName?: string;
  selector?: LabelSelector;
  metricSelector?: LabelSelector;
  target?: CrossVersionObjectReference;
  targetValue?: string;
  targetAverageValue?: string;
  averageValue?: string;
  targetAverageUtilization?: number;
}

/** A metric as the annotation of version 1 has it. */
export interface OldMetric {
  type: string;
  resource?: OldSource;
  containerResource?: OldSource;
  pods?: OldSource;
  object?: OldSource;
  external?: OldSource;
}

/** A metric of version 2 in the words of version 1. */
export function oldMetricOf(metric: MetricSpec): OldMetric {
  const { type, resource, containerResource, pods, object, external } = metric;
  const old: OldMetric = { type };
  if (resource) old.resource = { name: resource.name, ...oldTarget(resource.target) };
  if (containerResource) {
    const { name, container, target } = containerResource;
    old.containerResource = { name, container, ...oldTarget(target) };
  }
  if (pods) old.pods = { metricName: pods.metric.name, ...selectorOf(pods.metric.selector), ...oldTarget(pods.target) };
  if (object) {
    const { averageValue, value } = object.target;
    old.object = {
      target: object.describedObject,
      metricName: object.metric.name,
      targetValue: value ?? '0',
      ...selectorOf(object.metric.selector),
      ...(averageValue === undefined ? {} : { averageValue }),
    };
  }
  if (external) {
    const { name, selector } = external.metric;
    const { value } = external.target;
    old.external = {
      metricName: name,
      ...(selector ? { metricSelector: selector } : {}),
      ...(value === undefined ? {} : { targetValue: value }),
      ...oldTarget(external.target),
    };
  }
  return old;
}

/** The inverse. */
export function newMetricOf(old: OldMetric): MetricSpec {
  const { type, resource, containerResource, pods, object, external } = old;
  const metric: MetricSpec = { type };
  if (resource) metric.resource = { name: resource.name ?? '', target: newTarget(resource) };
  if (containerResource) {
    const { name = '', container = '' } = containerResource;
    metric.containerResource = { name, container, target: newTarget(containerResource) };
  }
  if (pods) metric.pods = { metric: identifierOf(pods), target: newTarget(pods) };
  if (object) {
    const describedObject = object.target ?? { kind: '', name: '' };
    metric.object = { describedObject, metric: identifierOf(object), target: objectTarget(object) };
  }
  if (external) metric.external = { metric: identifierOf(external), target: newTarget(external) };
  return metric;
}

function identifierOf({ metricName = '', selector, metricSelector }: OldSource) {
  const found = selector ?? metricSelector;
  return { name: metricName, ...(found ? { selector: found } : {}) };
}

function selectorOf(selector: LabelSelector | undefined): Pick<OldSource, 'selector'> {
  return selector ? { selector } : {};
}

function oldTarget({ averageUtilization, averageValue }: MetricTarget): OldSource {
  return {
    ...(averageUtilization === undefined ? {} : { targetAverageUtilization: averageUtilization }),
    ...(averageValue === undefined ? {} : { targetAverageValue: averageValue }),
  };
}

function newTarget({ targetAverageUtilization, targetAverageValue, targetValue }: OldSource): MetricTarget {
  if (targetAverageUtilization !== undefined) {
    return { type: 'Utilization', averageUtilization: targetAverageUtilization };
  }
  if (targetAverageValue !== undefined) return { type: 'AverageValue', averageValue: targetAverageValue };
  return { type: 'Value', ...(targetValue === undefined ? {} : { value: targetValue }) };
}

function objectTarget({ averageValue, targetValue }: OldSource): MetricTarget {
  if (averageValue !== undefined) return { type: 'AverageValue', averageValue };
  return { type: 'Value', ...(targetValue === undefined ? {} : { value: targetValue }) };
}

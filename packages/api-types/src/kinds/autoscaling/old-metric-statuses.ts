import type {
  CrossVersionObjectReference,
  LabelSelector,
  MetricIdentifier,
  MetricStatus,
  MetricValueStatus,
} from '../../generated/types.ts';

/** What is measured, in the words of version 1. */
interface OldCurrent {
  name?: string;
  container?: string;
  metricName?: string;
  selector?: LabelSelector;
  metricSelector?: LabelSelector;
  target?: CrossVersionObjectReference;
  averageValue?: string;
  currentValue?: string;
  currentAverageValue?: string;
  currentAverageUtilization?: number;
}

/** A measured metric as the annotation of version 1 has it. */
export interface OldMetricStatus {
  type: string;
  resource?: OldCurrent;
  containerResource?: OldCurrent;
  pods?: OldCurrent;
  object?: OldCurrent;
  external?: OldCurrent;
}

/** A measured metric of version 2 in the words of version 1. */
export function oldMetricStatusOf(status: MetricStatus): OldMetricStatus {
  const { type, resource, containerResource, pods, object, external } = status;
  const old: OldMetricStatus = { type };
  if (resource) old.resource = { name: resource.name, ...averages(resource.current) };
  if (containerResource) {
    const { name, container, current } = containerResource;
    old.containerResource = { name, container, ...averages(current) };
  }
  if (pods) {
    const { name, selector } = pods.metric;
    old.pods = { metricName: name, ...averages(pods.current), ...(selector ? { selector } : {}) };
  }
  if (object) {
    const { metric, describedObject, current } = object;
    old.object = {
      target: describedObject,
      metricName: metric.name,
      currentValue: current.value ?? '0',
      ...(metric.selector ? { selector: metric.selector } : {}),
      ...(current.averageValue === undefined ? {} : { averageValue: current.averageValue }),
    };
  }
  if (external) {
    const { metric, current } = external;
    old.external = {
      metricName: metric.name,
      ...(metric.selector ? { metricSelector: metric.selector } : {}),
      currentValue: current.value ?? '0',
      ...averages(current),
    };
  }
  return old;
}

/** The inverse. */
export function newMetricStatusOf(old: OldMetricStatus): MetricStatus {
  const { type, resource, containerResource, pods, object, external } = old;
  const status: MetricStatus = { type };
  if (resource) status.resource = { name: resource.name ?? '', current: newAverages(resource) };
  if (containerResource) {
    const { name = '', container = '' } = containerResource;
    status.containerResource = { name, container, current: newAverages(containerResource) };
  }
  if (pods) status.pods = { metric: identifierOf(pods), current: newAverages(pods) };
  if (object) {
    const describedObject = object.target ?? { kind: '', name: '' };
    status.object = { metric: identifierOf(object), current: wholeOf(object, object.averageValue), describedObject };
  }
  if (external) {
    const current = { ...wholeOf(external, external.currentAverageValue), ...newAverages(external) };
    status.external = { metric: identifierOf(external), current };
  }
  return status;
}

/** The old fields always have a value of the whole: it is 0 where only that of a pod was measured. */
function wholeOf({ currentValue }: OldCurrent, averageValue: string | undefined): MetricValueStatus {
  if (averageValue !== undefined) return { averageValue };
  return currentValue === undefined ? {} : { value: currentValue };
}

function averages({ averageUtilization, averageValue }: MetricValueStatus): OldCurrent {
  return {
    ...(averageUtilization === undefined ? {} : { currentAverageUtilization: averageUtilization }),
    ...(averageValue === undefined ? {} : { currentAverageValue: averageValue }),
  };
}

function newAverages({ currentAverageUtilization, currentAverageValue }: OldCurrent): MetricValueStatus {
  return {
    ...(currentAverageUtilization === undefined ? {} : { averageUtilization: currentAverageUtilization }),
    ...(currentAverageValue === undefined ? {} : { averageValue: currentAverageValue }),
  };
}

function identifierOf({ metricName = '', selector, metricSelector }: OldCurrent): MetricIdentifier {
  const found = selector ?? metricSelector;
  return { name: metricName, ...(found ? { selector: found } : {}) };
}

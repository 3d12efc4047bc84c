import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '../../generated/types.ts';

const shownTargets = 2;
const unknown = '<unknown>';

/** `cpu: 12%/80%, memory: <unknown>/1Gi` */
export function targetsText({ spec, status }: HorizontalPodAutoscaler): string {
  const metrics = spec.metrics ?? [];
  if (metrics.length === 0) return '<none>';
  const texts = metrics.map((metric, index) => targetText(metric, status.currentMetrics?.[index]));
  const shown = texts.slice(0, shownTargets).join(', ');
  return texts.length > shownTargets ? `${shown} + ${texts.length - shownTargets} more...` : shown;
}

function targetText(metric: MetricSpec, status: MetricStatus | undefined): string {
  switch (metric.type) {
    case 'Resource':
      return `${metric.resource?.name}: ${pair(status?.resource?.current, metric.resource?.target)}`;
    case 'ContainerResource':
      return `${metric.containerResource?.name}: ${pair(status?.containerResource?.current, metric.containerResource?.target)}`;
    case 'Pods':
      return pair(status?.pods?.current, metric.pods?.target);
    case 'Object':
      return `${pair(status?.object?.current, metric.object?.target)}${averageMark(metric.object?.target)}`;
    case 'External':
      return `${pair(status?.external?.current, metric.external?.target)}${averageMark(metric.external?.target)}`;
    default:
      return '<unknown type>';
  }
}

function pair(current: MetricValueStatus | undefined, target: MetricTarget | undefined): string {
  if (target?.averageUtilization !== undefined) {
    const now = current?.averageUtilization;
    return `${now === undefined ? unknown : `${now}%`}/${target.averageUtilization}%`;
  }
  if (target?.averageValue !== undefined) return `${current?.averageValue ?? unknown}/${target.averageValue}`;
  return `${current?.value ?? unknown}/${target?.value ?? unknown}`;
}

function averageMark(target: MetricTarget | undefined): string {
  return target?.averageValue === undefined ? '' : ' (avg)';
}

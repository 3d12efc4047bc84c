import type {
  AutoscalingV1HorizontalPodAutoscaler,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerCondition,
  MetricSpec,
  ObjectMeta,
} from '../../generated/types.ts';
import type { OtherVersion } from '../../kind.ts';
import type { KubernetesObject } from '../../resources.ts';
import { cpuMetric } from './cpu-metric.ts';
import { newMetricStatusOf, type OldMetricStatus, oldMetricStatusOf } from './old-metric-statuses.ts';
import { newMetricOf, type OldMetric, oldMetricOf } from './old-metrics.ts';

/** What version 1 has no fields for is kept in annotations, as Kubernetes does. */
const annotations = {
  metrics: 'autoscaling.alpha.kubernetes.io/metrics',
  behavior: 'autoscaling.alpha.kubernetes.io/behavior',
  conditions: 'autoscaling.alpha.kubernetes.io/conditions',
  currentMetrics: 'autoscaling.alpha.kubernetes.io/current-metrics',
} as const;

/** Version 1, which knows one metric: how much of the requested cpu is used. `kubectl autoscale` up to 1.32 writes it. */
export const autoscalingV1: OtherVersion<HorizontalPodAutoscaler> = {
  version: 'v1',
  toKind: (object) => toVersion2(object as unknown as AutoscalingV1HorizontalPodAutoscaler),
  fromKind: (object) => toVersion1(object) as unknown as KubernetesObject,
};

function toVersion2({ metadata, spec, status }: AutoscalingV1HorizontalPodAutoscaler): HorizontalPodAutoscaler {
  const { targetCPUUtilizationPercentage: cpu, ...common } = spec ?? {};
  const given = metadata?.annotations ?? {};
  const others = parse<readonly OldMetric[]>(given[annotations.metrics]) ?? [];
  const metrics = [...(cpu === undefined ? [] : [cpuMetric(cpu)]), ...others.map(newMetricOf)];
  const behavior = parse<NonNullable<HorizontalPodAutoscaler['spec']['behavior']>>(given[annotations.behavior]);
  const { currentCPUUtilizationPercentage: current, desiredReplicas = 0, ...counts } = status ?? {};
  const used = current === undefined ? [] : [{ name: 'cpu', current: { averageUtilization: current } }];
  // The annotation has them all, with what the one field cannot say.
  const kept = parse<readonly OldMetricStatus[]>(given[annotations.currentMetrics])?.map(newMetricStatusOf);
  const conditions = parse<HorizontalPodAutoscalerCondition[]>(given[annotations.conditions]);
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: withoutOurs(metadata ?? ({} as ObjectMeta)),
    spec: {
      ...(common as HorizontalPodAutoscaler['spec']),
      ...(metrics.length > 0 ? { metrics } : {}),
      ...(behavior ? { behavior } : {}),
    },
    status: {
      ...counts,
      desiredReplicas,
      currentMetrics: kept ?? used.map((resource) => ({ type: 'Resource', resource })),
      ...(conditions ? { conditions } : {}),
    },
  };
}

function toVersion1({ metadata, spec, status }: HorizontalPodAutoscaler): AutoscalingV1HorizontalPodAutoscaler {
  const { metrics = [], behavior, ...common } = spec;
  const cpu = metrics.find(isCpuUtilization);
  const others = metrics.filter((metric) => metric !== cpu).map(oldMetricOf);
  const kept = {
    ...(others.length > 0 ? { [annotations.metrics]: JSON.stringify(others) } : {}),
    ...(behavior ? { [annotations.behavior]: JSON.stringify(behavior) } : {}),
    ...(status.currentMetrics?.length
      ? { [annotations.currentMetrics]: JSON.stringify(status.currentMetrics.map(oldMetricStatusOf)) }
      : {}),
    ...(status.conditions?.length ? { [annotations.conditions]: JSON.stringify(status.conditions) } : {}),
  };
  const { observedGeneration, lastScaleTime, currentReplicas = 0, desiredReplicas } = status;
  const used = status.currentMetrics?.find((metric) => metric.resource?.name === 'cpu')?.resource?.current;
  const target = cpu?.resource?.target.averageUtilization;
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'HorizontalPodAutoscaler',
    metadata:
      Object.keys(kept).length > 0 ? { ...metadata, annotations: { ...metadata.annotations, ...kept } } : metadata,
    spec: { ...common, ...(target === undefined ? {} : { targetCPUUtilizationPercentage: target }) },
    status: {
      ...(observedGeneration === undefined ? {} : { observedGeneration }),
      ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
      currentReplicas,
      desiredReplicas,
      ...(used?.averageUtilization === undefined ? {} : { currentCPUUtilizationPercentage: used.averageUtilization }),
    },
  };
}

function isCpuUtilization({ type, resource }: MetricSpec): boolean {
  return type === 'Resource' && resource?.name === 'cpu' && resource.target.averageUtilization !== undefined;
}

function withoutOurs(metadata: ObjectMeta): ObjectMeta {
  if (!metadata.annotations) return metadata;
  const ours = new Set<string>(Object.values(annotations));
  const others = Object.entries(metadata.annotations).filter(([key]) => !ours.has(key));
  const { annotations: _, ...rest } = metadata;
  return others.length > 0 ? { ...rest, annotations: Object.fromEntries(others) } : rest;
}

/** What an annotation says; undefined where somebody has written something else into it. */
function parse<T extends object>(text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as T) : undefined;
  } catch {
    // Not JSON: not ours, and of no use.
    return undefined;
  }
}

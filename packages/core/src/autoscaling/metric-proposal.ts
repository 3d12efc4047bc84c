import type { MetricSpec, MetricStatus, Pod } from '@gantry/api-types';
import { MetricError } from './metric-error.ts';
import type { MetricsReader } from './metrics-reader.ts';
import { podsProposal } from './pods-metric.ts';
import { resourceProposal } from './resource-metric.ts';
import type { AutoscalerSettings } from './settings.ts';
import type { Tolerances } from './tolerances.ts';
import { externalProposal, objectProposal } from './whole-metric.ts';

/** What a metric is looked up with. */
export interface MetricContext {
  readonly namespace: string;
  /** Those that the target's selector picks. */
  readonly pods: readonly Pod[];
  /** `spec.replicas` of the target. */
  readonly specReplicas: number;
  /** `status.replicas` of the target: pods that exist. */
  readonly statusReplicas: number;
  readonly tolerances: Tolerances;
  readonly settings: AutoscalerSettings;
  readonly metrics: MetricsReader;
  readonly nowMs: number;
}

/** The replicas that one metric asks for, or why it asks for none. */
export type MetricResult = MetricProposal | MetricFailure;

export interface MetricProposal {
  readonly type: 'proposal';
  readonly replicas: number;
  /** How conditions and events name the metric. */
  readonly name: string;
  readonly status: MetricStatus;
  /** As the target counts: per cent, cores, bytes, or the metric's own unit. */
  readonly current: number;
}

export interface MetricFailure {
  readonly type: 'failure';
  /** `FailedGetResourceMetric` and the like. */
  readonly reason: string;
  readonly message: string;
  /** The message with what was being done before it. */
  readonly summary: string;
}

/** What one entry of `spec.metrics` asks for. */
export function proposeForMetric(spec: MetricSpec, context: MetricContext): MetricResult {
  const { reason, action, propose } = sourceOf(spec, context);
  try {
    return { type: 'proposal', ...propose() };
  } catch (error) {
    if (!(error instanceof MetricError)) throw error;
    return { type: 'failure', reason, message: error.message, summary: `${action}: ${error.message}` };
  }
}

interface MetricSource {
  readonly reason: string;
  readonly action: string;
  readonly propose: () => Omit<MetricProposal, 'type'>;
}

function sourceOf(spec: MetricSpec, context: MetricContext): MetricSource {
  const { resource, containerResource, pods, object, external } = spec;
  if (spec.type === 'Resource' && resource) {
    const action = `failed to get ${resource.name} resource metric value`;
    return { reason: 'FailedGetResourceMetric', action, propose: () => resourceProposal(resource, context) };
  }
  if (spec.type === 'ContainerResource' && containerResource) {
    const action = `failed to get ${containerResource.container} container metric value`;
    const propose = () => resourceProposal(containerResource, context, containerResource.container);
    return { reason: 'FailedGetContainerResourceMetric', action, propose };
  }
  if (spec.type === 'Pods' && pods) {
    const action = 'failed to get pods metric value';
    return { reason: 'FailedGetPodsMetric', action, propose: () => podsProposal(pods, context) };
  }
  if (spec.type === 'Object' && object) {
    const action = 'failed to get object metric value';
    return { reason: 'FailedGetObjectMetric', action, propose: () => objectProposal(object, context) };
  }
  if (spec.type === 'External' && external) {
    const action = `failed to get ${external.metric.name} external metric value`;
    return { reason: 'FailedGetExternalMetric', action, propose: () => externalProposal(external, context) };
  }
  // Validation lets nothing else through.
  const message = `unknown metric source type ${JSON.stringify(spec.type)}`;
  const refuse = () => {
    throw new MetricError(message);
  };
  return { reason: 'InvalidMetricSourceType', action: 'failed to get metric value', propose: refuse };
}

import type { ExternalMetricSource, LabelSelector, MetricTarget, ObjectMetricSource } from '@gantry/api-types';
import { MetricError } from './metric-error.ts';
import type { MetricContext, MetricProposal } from './metric-proposal.ts';
import { formatMilli, parseMilli } from './milli-quantity.ts';
import { isRunningAndReady } from './pod-groups.ts';
import { toMilli } from './pod-samples.ts';
import { proposeByShare, proposeByValue } from './replica-proposal.ts';

/** What a metric that describes another object asks for. */
export function objectProposal(
  { describedObject, metric, target }: ObjectMetricSource,
  context: MetricContext,
): Omit<MetricProposal, 'type'> {
  const { kind, name, apiVersion } = describedObject;
  requireTarget('object', target);
  const object = { apiVersion, kind, namespace: context.namespace, name };
  const sample = context.metrics.objectMetric(object, metric.name, metric.selector);
  if (!sample) {
    const what = `unable to get metric ${metric.name} on ${kind} ${context.namespace}/${name}`;
    throw new MetricError(`${what}: no metrics returned from custom metrics API`);
  }
  const { replicas, current, value } = wholeProposal(toMilli(sample.value), target, context);
  const status = { type: 'Object', object: { describedObject, metric, current } };
  return { replicas, name: `${kind} metric ${metric.name}`, status, current: value };
}

/** What a metric of something outside the cluster asks for: the sum of its series. */
export function externalProposal(
  { metric, target }: ExternalMetricSource,
  context: MetricContext,
): Omit<MetricProposal, 'type'> {
  requireTarget('external', target);
  const samples = context.metrics.externalMetric(context.namespace, metric.name, metric.selector);
  const selector = selectorText(metric.selector);
  if (samples.length === 0) {
    const action =
      target.averageValue === undefined
        ? `failed to get external metric ${metric.name}`
        : `failed to get ${metric.name} external metric`;
    const what = `unable to get external metric ${context.namespace}/${metric.name}/${selector}`;
    throw new MetricError(`${action}: ${what}: no metrics returned from external metrics API`);
  }
  const sumMilli = samples.reduce((sum, sample) => sum + toMilli(sample.value), 0);
  const { replicas, current, value } = wholeProposal(sumMilli, target, context);
  const status = { type: 'External', external: { metric, current } };
  return { replicas, name: `external metric ${metric.name}(${selector})`, status, current: value };
}

function requireTarget(source: string, { value, averageValue }: MetricTarget): void {
  if (value !== undefined || averageValue !== undefined) return;
  throw new MetricError(`invalid ${source} metric source: neither a value target nor an average value target was set`);
}

interface WholeProposal {
  readonly replicas: number;
  readonly current: { value: string } | { averageValue: string };
  readonly value: number;
}

function wholeProposal(valueMilli: number, target: MetricTarget, context: MetricContext): WholeProposal {
  const { pods, specReplicas, statusReplicas, tolerances } = context;
  // Both may be set on an object metric: the type decides.
  if (target.averageValue !== undefined && (target.type !== 'Value' || target.value === undefined)) {
    const input = { valueMilli, targetMilli: parseMilli(target.averageValue), tolerances };
    const { replicas, averageMilli } = proposeByShare(input, statusReplicas);
    return { replicas, current: { averageValue: formatMilli(averageMilli) }, value: averageMilli / 1000 };
  }
  const input = { valueMilli, targetMilli: parseMilli(target.value ?? '0'), tolerances };
  const counts = {
    currentReplicas: specReplicas,
    count: pods.length,
    readyCount: pods.filter(isRunningAndReady).length,
  };
  const replicas = proposeByValue(input, counts);
  return { replicas, current: { value: formatMilli(valueMilli) }, value: valueMilli / 1000 };
}

/** A selector as Kubernetes' messages show one. */
function selectorText(selector: LabelSelector | undefined): string {
  if (!selector) return 'nil';
  const labels = Object.entries(selector.matchLabels ?? {}).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  const matchLabels = `map[string]string{${labels.map(([key, value]) => `${key}: ${value},`).join('')}}`;
  return `&LabelSelector{MatchLabels:${matchLabels},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}

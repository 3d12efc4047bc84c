import type { PodsMetricSource } from '@gantry/api-types';
import { explained, MetricError } from './metric-error.ts';
import type { MetricContext, MetricProposal } from './metric-proposal.ts';
import { formatMilli, parseMilli } from './milli-quantity.ts';
import { groupPods } from './pod-groups.ts';
import { customSamples } from './pod-samples.ts';
import { proposeByAverage } from './replica-proposal.ts';

/** What a metric of the pods' own asks for. */
export function podsProposal(
  { metric, target }: PodsMetricSource,
  context: MetricContext,
): Omit<MetricProposal, 'type'> {
  const { pods, metrics, settings, nowMs, specReplicas, tolerances } = context;
  const { averageValue } = target;
  if (averageValue === undefined) {
    throw new MetricError('invalid pods metric source: no average value target was set');
  }
  const samples = explained(`unable to get metric ${metric.name}`, () =>
    customSamples(pods, { metric: metric.name, selector: metric.selector }, metrics),
  );
  const groups = groupPods(pods, samples, { isCpu: false, settings, nowMs });
  const input = { groups, currentReplicas: specReplicas, tolerances };
  const { replicas, averageMilli } = proposeByAverage(input, parseMilli(averageValue));
  return {
    replicas,
    name: `pods metric ${metric.name}`,
    status: { type: 'Pods', pods: { metric, current: { averageValue: formatMilli(averageMilli) } } },
    current: averageMilli / 1000,
  };
}

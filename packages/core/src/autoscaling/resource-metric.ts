import type { MetricTarget, MetricValueStatus, Pod } from '@gantry/api-types';
import { explained, MetricError } from './metric-error.ts';
import type { MetricContext, MetricProposal } from './metric-proposal.ts';
import { formatMilli, parseMilli } from './milli-quantity.ts';
import { groupPods, type PodGroups } from './pod-groups.ts';
import { podRequests } from './pod-requests.ts';
import { resourceSamples } from './pod-samples.ts';
import { type PodProposalInput, proposeByAverage, proposeByUtilization } from './replica-proposal.ts';

interface ResourceSource {
  readonly name: string;
  readonly target: MetricTarget;
}

/** What cpu or memory of the pods, or of one of their containers, asks for. */
export function resourceProposal(
  { name, target }: ResourceSource,
  context: MetricContext,
  container?: string,
): Omit<MetricProposal, 'type'> {
  const { averageValue, averageUtilization } = target;
  if (averageValue !== undefined) {
    const groups = explained(`failed to get ${name} usage`, () => groupsOf(name, container, context));
    const proposal = explained(`failed to get ${name} usage`, () =>
      proposeByAverage(inputOf(groups, context), parseMilli(averageValue)),
    );
    const current = { averageValue: formatMilli(proposal.averageMilli) };
    const status = statusOf(name, container, current);
    return { replicas: proposal.replicas, name: `${name} resource`, status, current: proposal.averageMilli / 1000 };
  }
  if (averageUtilization === undefined) {
    throw new MetricError(
      'invalid resource metric source: neither an average utilization target nor an average value (usage) target was set',
    );
  }
  const proposal = explained(`failed to get ${name} utilization`, () => {
    const groups = groupsOf(name, container, context);
    const requests = podRequests(context.pods, name, container);
    return proposeByUtilization(inputOf(groups, context), requests, averageUtilization);
  });
  const { replicas, averageMilli, utilization = 0 } = proposal;
  const current = { averageUtilization: utilization, averageValue: formatMilli(averageMilli) };
  const kind = container === undefined ? 'resource' : 'container resource';
  return {
    replicas,
    name: `${name} ${kind} utilization (percentage of request)`,
    status: statusOf(name, container, current),
    current: utilization,
  };
}

function groupsOf(resource: string, container: string | undefined, context: MetricContext): PodGroups {
  const { pods, metrics, settings, nowMs } = context;
  const samples = explained(`unable to get metrics for resource ${resource}`, () =>
    resourceSamples(pods, { resource, container }, metrics),
  );
  requirePods(pods);
  return groupPods(pods, samples, { isCpu: resource === 'cpu', settings, nowMs });
}

function requirePods(pods: readonly Pod[]): void {
  if (pods.length === 0) throw new MetricError('no pods returned by selector while calculating replica count');
}

function inputOf(groups: PodGroups, { specReplicas, tolerances }: MetricContext): PodProposalInput {
  return { groups, currentReplicas: specReplicas, tolerances };
}

function statusOf(name: string, container: string | undefined, current: MetricValueStatus): MetricProposal['status'] {
  if (container === undefined) return { type: 'Resource', resource: { name, current } };
  return { type: 'ContainerResource', containerResource: { name, container, current } };
}

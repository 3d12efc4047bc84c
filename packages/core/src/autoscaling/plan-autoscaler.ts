import type {
  AutoscalerLimit,
  AutoscalerPoint,
  HorizontalPodAutoscaler,
  MetricStatus,
  Pod,
  Scale,
} from '@gantry/api-types';
import { type CombinedProposal, combineMetrics } from './combine-metrics.ts';
import { Conditions } from './conditions.ts';
import { type AutoscalerMemory, withInitialRecommendation } from './memory.ts';
import { type MetricContext, type MetricProposal, type MetricResult, proposeForMetric } from './metric-proposal.ts';
import type { MetricsReader } from './metrics-reader.ts';
import { normalizeReplicas } from './normalize-replicas.ts';
import type { AutoscalerSettings } from './settings.ts';
import { tolerancesOf } from './tolerances.ts';

/** What a target's pods are found with, or why they are not. */
export type TargetPods =
  | { readonly type: 'found'; readonly pods: readonly Pod[] }
  | {
      readonly type: 'unusable';
      /** The reason and the message of the condition ScalingActive. */
      readonly reason: string;
      readonly condition: string;
      /** Those of the event. */
      readonly eventReason: string;
      readonly message: string;
    };

export interface AutoscalerInput {
  readonly autoscaler: HorizontalPodAutoscaler;
  readonly scale: Scale;
  /** Called only where the metrics are asked. */
  readonly target: () => TargetPods;
  readonly metrics: MetricsReader;
  readonly memory: AutoscalerMemory;
  readonly settings: AutoscalerSettings;
  readonly nowMs: number;
}

/** An event as the recorder takes it, but for the component. */
export interface PlannedEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** What one pass over an autoscaler decided. */
export interface AutoscalerPlan {
  /** Set where the target is to be scaled: `afterRescale` or `afterFailedRescale` tells how that went. */
  readonly rescale: { readonly from: number; readonly to: number; readonly reason: string } | undefined;
  /** The status where nothing is scaled. */
  readonly status: HorizontalPodAutoscaler['status'];
  readonly events: readonly PlannedEvent[];
  readonly memory: AutoscalerMemory;
  readonly point: AutoscalerPoint;
}

/** One pass of the documented algorithm. Pure: what is to be remembered is in the plan. */
export function planAutoscaler(input: AutoscalerInput): AutoscalerPlan {
  const { autoscaler, scale, nowMs } = input;
  const { minReplicas = 1, maxReplicas } = autoscaler.spec;
  const current = scale.spec?.replicas ?? 0;
  const conditions = new Conditions(autoscaler.status.conditions, nowMs);
  conditions.set(
    'AbleToScale',
    true,
    'SucceededGetScale',
    "the HPA controller was able to get the target's current scale",
  );
  const pass: Pass = {
    input: { ...input, memory: withInitialRecommendation(input.memory, current, nowMs) },
    conditions,
    current,
  };
  if (current === 0 && minReplicas !== 0) {
    const message = 'scaling is disabled since the replica count of the target is zero';
    conditions.set('ScalingActive', false, 'ScalingDisabled', message);
    return planOf(pass, { desired: 0, problem: message });
  }
  if (current > maxReplicas) {
    const heldBy = limit('TooManyReplicas', 'the desired replica count is more than the maximum replica count');
    return planOf(pass, { desired: maxReplicas, reason: 'Current number of replicas above Spec.MaxReplicas', heldBy });
  }
  if (current < minReplicas) {
    const heldBy = limit('TooFewReplicas', 'the desired replica count is less than the minimum replica count');
    return planOf(pass, { desired: minReplicas, reason: 'Current number of replicas below Spec.MinReplicas', heldBy });
  }
  return planByMetrics(pass);
}

interface Pass {
  readonly input: AutoscalerInput;
  readonly conditions: Conditions;
  readonly current: number;
}

/** What a pass came to; `desired` is undefined where it could not be decided. */
interface Outcome {
  readonly desired: number | undefined;
  readonly reason?: string;
  readonly statuses?: MetricStatus[];
  readonly results?: readonly MetricResult[];
  readonly wanted?: number;
  readonly heldBy?: AutoscalerLimit | undefined;
  readonly problem?: string;
  readonly events?: readonly PlannedEvent[];
  readonly memory?: AutoscalerMemory;
}

function limit(type: AutoscalerLimit['type'], message: string): AutoscalerLimit {
  return { type, message };
}

function planByMetrics(pass: Pass): AutoscalerPlan {
  const { input, conditions, current } = pass;
  const target = input.target();
  if (target.type === 'unusable') {
    const { reason, condition, eventReason, message } = target;
    conditions.set('ScalingActive', false, reason, condition);
    const events = [warning(eventReason, message), warning('FailedComputeMetricsReplicas', message)];
    return planOf(pass, { desired: undefined, problem: condition, events });
  }
  const context = contextOf(pass, target.pods);
  const results = (input.autoscaler.spec.metrics ?? []).map((spec) => proposeForMetric(spec, context));
  const combined = combineMetrics(results, current);
  const wanted = largestOf(results);
  const known = {
    statuses: combined.statuses,
    results,
    events: combined.failures.map(({ reason, message }) => warning(reason, message)),
    ...(wanted === undefined ? {} : { wanted }),
  };
  return combined.proposal ? planByProposal(pass, combined.proposal, known) : planByFailure(pass, combined, known);
}

type Known = Pick<Outcome, 'statuses' | 'results' | 'wanted'> & { readonly events: readonly PlannedEvent[] };

/** Nothing can be decided: no metric was read, or those that were read would remove pods without the others' say. */
function planByFailure(pass: Pass, { failures, problem }: CombinedProposal, known: Known): AutoscalerPlan {
  const [first] = failures;
  const message = `the HPA was unable to compute the replica count: ${first?.message ?? 'it has no metrics'}`;
  pass.conditions.set('ScalingActive', false, first?.reason ?? 'InvalidMetricSourceType', message);
  const heldBy = known.wanted === undefined ? undefined : limit('FailedMetric', message);
  const events = [...known.events, warning('FailedComputeMetricsReplicas', problem ?? message)];
  return planOf(pass, { ...known, desired: undefined, problem: message, heldBy, events });
}

function planByProposal(pass: Pass, proposal: MetricProposal, known: Known): AutoscalerPlan {
  const { conditions, current } = pass;
  const { autoscaler, memory, settings, nowMs } = pass.input;
  const found = `the HPA was able to successfully calculate a replica count from ${proposal.name}`;
  conditions.set('ScalingActive', true, 'ValidMetricFound', found);
  const { spec } = autoscaler;
  const normalized = normalizeReplicas({ spec, desired: proposal.replicas, current, memory, settings, nowMs });
  const { ableToScale, scalingLimited } = normalized;
  conditions.set('AbleToScale', true, ableToScale.reason, ableToScale.message);
  conditions.set('ScalingLimited', scalingLimited.isLimited, scalingLimited.reason, scalingLimited.message);
  const reason = proposal.replicas > current ? `${proposal.name} above target` : 'All metrics below target';
  const { replicas: desired, heldBy } = normalized;
  return planOf(pass, { ...known, desired, reason, heldBy, memory: normalized.memory });
}

function contextOf({ input, current }: Pass, pods: readonly Pod[]): MetricContext {
  const { autoscaler, scale, metrics, settings, nowMs } = input;
  return {
    namespace: autoscaler.metadata.namespace ?? '',
    pods,
    specReplicas: current,
    statusReplicas: scale.status?.replicas ?? 0,
    tolerances: tolerancesOf(autoscaler, settings.tolerance),
    settings,
    metrics,
    nowMs,
  };
}

function largestOf(results: readonly MetricResult[]): number | undefined {
  const wanted = results.flatMap((result) => (result.type === 'proposal' ? [result.replicas] : []));
  return wanted.length > 0 ? Math.max(...wanted) : undefined;
}

function warning(reason: string, message: string): PlannedEvent {
  return { type: 'Warning', reason, message };
}

function planOf({ input, conditions, current }: Pass, outcome: Outcome): AutoscalerPlan {
  const { metadata, status } = input.autoscaler;
  const { desired, reason = '', results = [], wanted, heldBy, problem } = outcome;
  const { lastScaleTime } = status;
  return {
    rescale: desired === undefined || desired === current ? undefined : { from: current, to: desired, reason },
    status: {
      ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
      ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
      currentReplicas: current,
      // What could not be decided leaves what was decided last.
      desiredReplicas: desired === undefined ? status.desiredReplicas : current,
      currentMetrics: outcome.statuses ?? [],
      conditions: conditions.list(),
    },
    events: outcome.events ?? [],
    memory: outcome.memory ?? input.memory,
    point: {
      at: input.nowMs,
      current,
      desired: desired ?? current,
      metrics: results.map((result) =>
        result.type === 'proposal' ? { current: result.current, wanted: result.replicas } : {},
      ),
      ...(wanted === undefined ? {} : { wanted }),
      ...(heldBy ? { heldBy } : {}),
      ...(problem === undefined ? {} : { problem }),
    },
  };
}

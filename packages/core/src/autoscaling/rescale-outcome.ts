import type { AutoscalerPoint, HorizontalPodAutoscaler } from '@gantry/api-types';
import { formatTime } from '../lib/timestamp.ts';
import { Conditions } from './conditions.ts';
import { type AutoscalerMemory, withScaleEvent } from './memory.ts';
import type { AutoscalerPlan, PlannedEvent } from './plan-autoscaler.ts';
import { longestPeriodMs } from './scaling-policies.ts';

/** What there is to write after an attempt to scale. */
export interface RescaleOutcome {
  readonly status: HorizontalPodAutoscaler['status'];
  readonly event: PlannedEvent;
  readonly memory: AutoscalerMemory;
  readonly point: AutoscalerPoint;
}

type Rescale = NonNullable<AutoscalerPlan['rescale']>;

export interface RescaleInput {
  readonly autoscaler: HorizontalPodAutoscaler;
  readonly plan: AutoscalerPlan;
  readonly rescale: Rescale;
  readonly nowMs: number;
}

/** After the target was told its new number. */
export function afterRescale({ autoscaler, plan, rescale, nowMs }: RescaleInput): RescaleOutcome {
  const conditions = new Conditions(plan.status.conditions, nowMs);
  const text = `the HPA controller was able to update the target scale to ${rescale.to}`;
  conditions.set('AbleToScale', true, 'SucceededRescale', text);
  const { behavior } = autoscaler.spec;
  const periodMs = longestPeriodMs(behavior?.scaleUp, behavior?.scaleDown);
  return {
    status: {
      ...plan.status,
      lastScaleTime: formatTime(nowMs),
      desiredReplicas: rescale.to,
      conditions: conditions.list(),
    },
    event: {
      type: 'Normal',
      reason: 'SuccessfulRescale',
      message: `New size: ${rescale.to}; reason: ${rescale.reason}`,
    },
    // Only policies look at them.
    memory: behavior ? withScaleEvent(plan.memory, rescale, { nowMs, periodMs }) : plan.memory,
    point: plan.point,
  };
}

/** After the target could not be told. */
export function afterFailedRescale({ autoscaler, plan, rescale, nowMs }: RescaleInput, error: string): RescaleOutcome {
  const conditions = new Conditions(plan.status.conditions, nowMs);
  const message = `the HPA controller was unable to update the target scale: ${error}`;
  conditions.set('AbleToScale', false, 'FailedUpdateScale', message);
  return {
    status: {
      ...plan.status,
      desiredReplicas: autoscaler.status.desiredReplicas,
      conditions: conditions.list(),
    },
    event: {
      type: 'Warning',
      reason: 'FailedRescale',
      message: `New size: ${rescale.to}; reason: ${rescale.reason}; error: ${error}`,
    },
    memory: plan.memory,
    point: { ...plan.point, desired: rescale.from, heldBy: { type: 'FailedUpdateScale', message } },
  };
}

/** Where the target's scale cannot be read: there is nothing to decide. */
export function afterFailedGetScale(
  autoscaler: HorizontalPodAutoscaler,
  error: string,
  nowMs: number,
): { readonly status: HorizontalPodAutoscaler['status']; readonly event: PlannedEvent } {
  const conditions = new Conditions(autoscaler.status.conditions, nowMs);
  const message = `the HPA controller was unable to get the target's current scale: ${error}`;
  conditions.set('AbleToScale', false, 'FailedGetScale', message);
  const { generation } = autoscaler.metadata;
  return {
    status: {
      ...autoscaler.status,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      conditions: conditions.list(),
    },
    event: { type: 'Warning', reason: 'FailedGetScale', message: error },
  };
}

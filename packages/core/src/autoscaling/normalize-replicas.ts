import type { AutoscalerLimit, HorizontalPodAutoscaler, HPAScalingRules } from '@gantry/api-types';
import { type AutoscalerMemory, withRecommendation } from './memory.ts';
import { scaleDownLimit, scaleUpLimit } from './scaling-policies.ts';
import type { AutoscalerSettings } from './settings.ts';
import { type Stabilized, stabilize, stabilizeDown } from './stabilize.ts';

/** What is left of a recommendation after windows and limits, with the two conditions that tell of them. */
export interface NormalizedReplicas {
  readonly replicas: number;
  readonly ableToScale: Said;
  /** `isLimited` is the status of the condition ScalingLimited. */
  readonly scalingLimited: Said & { readonly isLimited: boolean };
  readonly heldBy: AutoscalerLimit | undefined;
  readonly memory: AutoscalerMemory;
}

export interface Said {
  readonly reason: string;
  readonly message: string;
}

export interface NormalizeInput {
  readonly spec: HorizontalPodAutoscaler['spec'];
  /** What the metrics ask for. */
  readonly desired: number;
  readonly current: number;
  readonly memory: AutoscalerMemory;
  readonly settings: AutoscalerSettings;
  readonly nowMs: number;
}

/** Applies first the stabilization windows, then the scaling policies, then `minReplicas` and `maxReplicas`. */
export function normalizeReplicas(input: NormalizeInput): NormalizedReplicas {
  const { desired, nowMs } = input;
  const { stabilized, windowMs } = applyWindows(input);
  const memory = withRecommendation(input.memory, desired, { nowMs, windowMs });
  const limit = limitOf(stabilized.replicas, input);
  const replicas = limit?.replicas ?? stabilized.replicas;
  const window = stabilized.heldBy && { ...stabilized.heldBy, message: windowTexts[stabilized.heldBy.type] };
  const limited = limit && { type: limit.type, message: limitTexts[limit.type] };
  return {
    replicas,
    ableToScale: window
      ? { reason: window.type, message: window.message }
      : { reason: 'ReadyForNewScale', message: 'recommended size matches current size' },
    scalingLimited: limited
      ? { reason: limited.type, message: limited.message, isLimited: true }
      : {
          reason: 'DesiredWithinRange',
          message: 'the desired count is within the acceptable range',
          isLimited: false,
        },
    heldBy: replicas === desired ? undefined : (limited ?? window),
    memory,
  };
}

const windowTexts = {
  ScaleUpStabilized: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
  ScaleDownStabilized:
    'recent recommendations were higher than current one, applying the highest recent recommendation',
};

type LimitType = 'ScaleUpLimit' | 'ScaleDownLimit' | 'TooManyReplicas' | 'TooFewReplicas';

const limitTexts: Readonly<Record<LimitType, string>> = {
  ScaleUpLimit: 'the desired replica count is increasing faster than the maximum scale rate',
  ScaleDownLimit: 'the desired replica count is decreasing faster than the maximum scale rate',
  TooManyReplicas: 'the desired replica count is more than the maximum replica count',
  TooFewReplicas: 'the desired replica count is less than the minimum replica count',
};

function applyWindows(input: NormalizeInput): { stabilized: Stabilized; windowMs: number } {
  const { spec, desired, current, memory, settings, nowMs } = input;
  const { recommendations } = memory;
  const { behavior } = spec;
  if (!behavior) {
    const downWindowMs = settings.downscaleStabilizationMs;
    return {
      stabilized: stabilizeDown({ recommendations, desired, downWindowMs, nowMs }),
      windowMs: downWindowMs,
    };
  }
  const upWindowMs = windowMsOf(behavior.scaleUp, 0);
  const downWindowMs = windowMsOf(behavior.scaleDown, settings.downscaleStabilizationMs);
  return {
    stabilized: stabilize({ recommendations, desired, current, upWindowMs, downWindowMs, nowMs }),
    windowMs: Math.max(upWindowMs, downWindowMs),
  };
}

function windowMsOf(rules: HPAScalingRules | undefined, defaultMs: number): number {
  const seconds = rules?.stabilizationWindowSeconds;
  return seconds === undefined ? defaultMs : seconds * 1000;
}

/** Autoscalers without `behavior` may double in one pass, and go to 4 from fewer. */
const scaleUpFactor = 2;
const scaleUpMinimum = 4;

/** What stops the number on its way from `current` to `wanted`. `current` is within `minReplicas` and `maxReplicas`. */
function limitOf(wanted: number, input: NormalizeInput): { type: LimitType; replicas: number } | undefined {
  const { current, spec } = input;
  if (wanted > current) {
    const most = mostAtOnce(input);
    if (wanted <= Math.min(most, spec.maxReplicas)) return undefined;
    return most < spec.maxReplicas
      ? { type: 'ScaleUpLimit', replicas: most }
      : { type: 'TooManyReplicas', replicas: spec.maxReplicas };
  }
  if (wanted < current) {
    const fewest = fewestAtOnce(input);
    const { minReplicas = 1 } = spec;
    if (wanted >= Math.max(fewest, minReplicas)) return undefined;
    return fewest > minReplicas
      ? { type: 'ScaleDownLimit', replicas: fewest }
      : { type: 'TooFewReplicas', replicas: minReplicas };
  }
  return undefined;
}

function mostAtOnce({ spec, current, memory, nowMs }: NormalizeInput): number {
  if (!spec.behavior) return Math.max(scaleUpFactor * current, scaleUpMinimum);
  return scaleUpLimit(current, memory, spec.behavior.scaleUp ?? {}, nowMs);
}

function fewestAtOnce({ spec, current, memory, nowMs }: NormalizeInput): number {
  if (!spec.behavior) return 0;
  return scaleDownLimit(current, memory, spec.behavior.scaleDown ?? {}, nowMs);
}

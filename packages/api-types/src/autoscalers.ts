/**
 * What the HorizontalPodAutoscalers decided lately, as the dashboard's server tells it (`GET /api/autoscalers`): for
 * charts of wanted against actual replicas, and of what held a change back. Kept in memory since the controller's start.
 */
export interface AutoscalerHistories {
  /** Server time, milliseconds since the Unix epoch. */
  readonly at: number;
  /** How often each autoscaler decides, milliseconds. */
  readonly syncPeriodMs: number;
  /** Autoscalers that exist, by `key`. */
  readonly autoscalers: readonly AutoscalerHistory[];
}

/** Path of {@link AutoscalerHistories}; the query may carry `namespace` and `name` to ask for one, and `since` (milliseconds) to get later points only. */
export const autoscalersPath = '/api/autoscalers';

export interface AutoscalerHistory {
  /** `namespace/name` */
  readonly key: string;
  readonly uid: string;
  /** What it scales. `key` is as the feed has it: `Kind/namespace/name`. */
  readonly target: { readonly kind: string; readonly name: string; readonly key: string };
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** As in `spec.metrics`, in that order: what `points[].metrics` are about. */
  readonly metrics: readonly AutoscalerMetric[];
  /** AbleToScale, ScalingActive, ScalingLimited. */
  readonly conditions: readonly AutoscalerCondition[];
  /** The last half hour, oldest first. */
  readonly points: readonly AutoscalerPoint[];
}

export interface AutoscalerCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  /** RFC 3339, last transition. */
  readonly since?: string;
}

/** How a metric's numbers are to be read. */
export type AutoscalerMetricUnit = 'percent' | 'cores' | 'bytes' | 'value';

/** A metric that an autoscaler follows. */
export interface AutoscalerMetric {
  /** For people: `cpu`, `cpu of main`, `requests_per_second on pods`, `queue_length (external)`. */
  readonly name: string;
  readonly unit: AutoscalerMetricUnit;
  /** What is wanted, in `unit`: the number that `AutoscalerMetricPoint.current` is held to. */
  readonly target: number;
  /** True where the target is of one pod on average, false where it is of the whole. */
  readonly isAverage: boolean;
}

/** One decision. */
export interface AutoscalerPoint {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** `spec.replicas` of the target when it decided. */
  readonly current: number;
  /** What the metrics ask for, before limits and windows; absent where none could be read or it does not scale. */
  readonly wanted?: number;
  /** What the target was told to have. */
  readonly desired: number;
  /** By the order of {@link AutoscalerHistory.metrics}. */
  readonly metrics: readonly AutoscalerMetricPoint[];
  /** What held it at `desired` although `wanted` is another number. */
  readonly heldBy?: AutoscalerLimit;
  /** Why nothing could be decided: the message of the condition. */
  readonly problem?: string;
}

export interface AutoscalerMetricPoint {
  /** In the metric's unit; absent where there is no sample. */
  readonly current?: number;
  /** The replicas that this metric alone asks for; absent where it could not be read. */
  readonly wanted?: number;
}

/** `type` is Kubernetes' reason; `until` (milliseconds) says when a window lets go, where that is known. */
export interface AutoscalerLimit {
  readonly type:
    | 'ScaleUpStabilized'
    | 'ScaleDownStabilized'
    | 'ScaleUpLimit'
    | 'ScaleDownLimit'
    | 'TooManyReplicas'
    | 'TooFewReplicas'
    | 'FailedMetric'
    | 'FailedUpdateScale';
  readonly message: string;
  readonly until?: number;
}

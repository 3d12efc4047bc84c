/** What holds for all autoscalers of a cluster: in Kubernetes the flags `--horizontal-pod-autoscaler-*`. */
export interface AutoscalerSettings {
  /** A ratio of measured to wanted within 1 ± this changes nothing; `behavior` may say otherwise per direction. */
  readonly tolerance: number;
  /** For this long after a pod's start its cpu counts only once it is ready and measured since. */
  readonly cpuInitializationMs: number;
  /** A pod that turned unready within this time of its start has never been ready. */
  readonly initialReadinessMs: number;
  /** How long a wish for more replicas is remembered before fewer are given; `behavior` may say otherwise. */
  readonly downscaleStabilizationMs: number;
}

/** Kubernetes' defaults. */
export const defaultAutoscalerSettings: AutoscalerSettings = {
  tolerance: 0.1,
  cpuInitializationMs: 300_000,
  initialReadinessMs: 30_000,
  downscaleStabilizationMs: 300_000,
};

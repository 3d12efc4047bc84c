/** What cpu is averaged over where somebody decides by it, as `metrics.k8s.io` shows it. */
export const metricsWindowMs = 15_000;

/** A sample older than this says nothing of now. */
export const freshMs = 30_000;

/** What autoscalers and readers of `custom.metrics.k8s.io` want to know of the pods of a namespace. */
export interface WantedMetrics {
  readonly namespace: string;
  /** Of series. */
  readonly names: readonly string[];
}

/** One look at a pod's own metrics. */
export interface ScrapedPod {
  readonly uid: string;
  /** Milliseconds since the epoch, by the node's clock. */
  readonly at: number;
  /** The wanted ones that it has. */
  readonly series: readonly ScrapedSeries[];
  /** Why there are none. */
  readonly problem?: string;
}

export interface ScrapedSeries {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
  readonly isCounter?: true;
}

/** Series of one pod that are sent; what more there is, is left out. */
export const maxSeriesPerPod = 200;

import type { FixPatch, gantryApiVersion, WorkloadReference } from './simulation.ts';

/**
 * What workloads should request by what they used: `POST /apis/gantry.io/v1/recommendations` answers with the same object
 * and a `status`. Nothing is stored and nothing is changed: who asks may apply the patches. Readers may ask.
 */
export interface Recommendation {
  readonly apiVersion: typeof gantryApiVersion;
  readonly kind: 'Recommendation';
  readonly spec: RecommendationSpec;
  readonly status?: RecommendationStatus;
}

export interface RecommendationSpec {
  /** Default: all namespaces. */
  readonly namespace?: string;
  /** Only this one. */
  readonly workload?: WorkloadReference;
  /** Default 95. */
  readonly cpuPercentile?: number;
  /** Default 1.15. */
  readonly cpuMargin?: number;
  /** Of the largest working set. Default 1.2. */
  readonly memoryMargin?: number;
  /** With fewer samples of a workload there is no recommendation for it. Default 10. */
  readonly minSamples?: number;
}

export interface RecommendationStatus {
  /** In words, the sum first. */
  readonly summary: readonly string[];
  /** Those that would free most first. */
  readonly workloads: readonly WorkloadRecommendation[];
  /** What all of them together would free; negative where they ask for too little now. */
  readonly frees: ResourceAmounts;
}

/** Cpu in milli-cpu, memory in bytes. */
export interface ResourceAmounts {
  readonly cpuMilli: number;
  readonly memoryBytes: number;
}

export interface WorkloadRecommendation {
  readonly workload: WorkloadReference & { readonly namespace: string };
  /** Running pods that were observed. */
  readonly pods: number;
  readonly samples: number;
  /** How long ago the oldest sample is. */
  readonly spanSeconds: number;
  /** `none`: too few samples. */
  readonly confidence: 'none' | 'low' | 'medium' | 'high';
  readonly containers: readonly ContainerRecommendation[];
  /** Over all its pods. */
  readonly frees: ResourceAmounts;
  /** For the running pods: patches of their `resize` subresource, which restart no container. */
  readonly resize: readonly FixPatch[];
  /** For new replicas: a patch of the template, which starts all pods anew. Absent where nothing would change. */
  readonly template?: FixPatch;
  /** What to know before applying: limits, resize policies, class of service. */
  readonly notes: readonly string[];
}

export interface ContainerRecommendation {
  readonly name: string;
  /** Absent: nothing is requested. */
  readonly present: { readonly cpuMilli?: number; readonly memoryBytes?: number };
  /** The present amount where it is right within a tenth. */
  readonly recommended: ResourceAmounts;
  readonly observed: {
    readonly cpuP50Milli: number;
    /** At the percentile asked for. */
    readonly cpuHighMilli: number;
    readonly cpuMaxMilli: number;
    readonly memoryP50Bytes: number;
    readonly memoryMaxBytes: number;
  };
  readonly isChanged: boolean;
}

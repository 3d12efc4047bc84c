import type { ContainerRecommendation, RecommendationSpec } from '@gantry/api-types';

/** What one container of a workload's pods used: one value a sample, over all pods. */
export interface ContainerHistory {
  readonly name: string;
  /** Thousandths of a core. */
  readonly cpuMilli: readonly number[];
  /** Working set. */
  readonly memoryBytes: readonly number[];
  readonly present: { readonly cpuMilli?: number; readonly memoryBytes?: number };
}

export interface WorkloadHistory {
  readonly containers: readonly ContainerHistory[];
  /** Samples of the pod that has most. */
  readonly samples: number;
  readonly spanSeconds: number;
}

export type Margins = Required<Pick<RecommendationSpec, 'cpuPercentile' | 'cpuMargin' | 'memoryMargin' | 'minSamples'>>;

export const defaultMargins: Margins = { cpuPercentile: 95, cpuMargin: 1.15, memoryMargin: 1.2, minSamples: 10 };

export interface SizedWorkload {
  readonly confidence: 'none' | 'low' | 'medium' | 'high';
  readonly containers: readonly ContainerRecommendation[];
}

const mebibyte = 1024 * 1024;
/** Below these amounts requests mean nothing: a shell needs as much. */
const least = { cpuMilli: 10, memoryBytes: 16 * mebibyte };
/** Closer than this to what is requested already a change is not worth its trouble. */
const tolerance = 0.1;

/** What the containers should request: a percentile of cpu and the largest working set, each with a margin. Pure. */
export function planRequests(history: WorkloadHistory, margins: Margins): SizedWorkload {
  const confidence = confidenceIn(history, margins.minSamples);
  return {
    confidence,
    containers: history.containers.map((container) => sizeContainer(container, margins, confidence !== 'none')),
  };
}

function sizeContainer(
  { name, cpuMilli, memoryBytes, present }: ContainerHistory,
  { cpuPercentile, cpuMargin, memoryMargin }: Margins,
  isKnown: boolean,
): ContainerRecommendation {
  const cpu = [...cpuMilli].sort((a, b) => a - b);
  const memory = [...memoryBytes].sort((a, b) => a - b);
  const observed = {
    cpuP50Milli: Math.round(percentileOf(cpu, 50)),
    cpuHighMilli: Math.round(percentileOf(cpu, cpuPercentile)),
    cpuMaxMilli: Math.round(cpu.at(-1) ?? 0),
    memoryP50Bytes: Math.round(percentileOf(memory, 50)),
    memoryMaxBytes: Math.round(memory.at(-1) ?? 0),
  };
  const wanted = {
    cpuMilli: Math.max(least.cpuMilli, roundUp(percentileOf(cpu, cpuPercentile) * cpuMargin, 5)),
    memoryBytes: Math.max(least.memoryBytes, roundUp(observed.memoryMaxBytes * memoryMargin, mebibyte)),
  };
  const recommended = {
    cpuMilli: settle(wanted.cpuMilli, present.cpuMilli, isKnown),
    memoryBytes: settle(wanted.memoryBytes, present.memoryBytes, isKnown),
  };
  const isChanged =
    isKnown && (recommended.cpuMilli !== present.cpuMilli || recommended.memoryBytes !== present.memoryBytes);
  return { name, present, recommended, observed, isChanged };
}

/** Half an hour of samples tells of an afternoon, not of a week: that is said as confidence, and never as certainty. */
function confidenceIn({ samples, spanSeconds }: WorkloadHistory, minSamples: number): SizedWorkload['confidence'] {
  if (samples < minSamples) return 'none';
  if (spanSeconds >= 1500) return 'high';
  return spanSeconds >= 300 ? 'medium' : 'low';
}

/** The value below or at which `percent` of the sorted values are (nearest rank); 0 where there are none. */
function percentileOf(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0;
}

function settle(wanted: number, present: number | undefined, isKnown: boolean): number {
  if (present === undefined) return isKnown ? wanted : 0;
  return !isKnown || Math.abs(wanted - present) <= present * tolerance ? present : wanted;
}

function roundUp(amount: number, unit: number): number {
  return Math.ceil(amount / unit) * unit;
}

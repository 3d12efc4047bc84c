import { formatBytes } from '@gantry/api-types/quantity';

/** The kubelet's eviction signals. */
export type EvictionSignal =
  | 'memory.available'
  /** Of what the node's pods may use together. */
  | 'allocatableMemory.available'
  | 'nodefs.available'
  | 'nodefs.inodesFree'
  | 'imagefs.available'
  | 'imagefs.inodesFree'
  | 'pid.available';

export type PressureCondition = 'MemoryPressure' | 'DiskPressure' | 'PIDPressure';

interface SignalFacts {
  readonly condition: PressureCondition;
  /** What is to be freed, as Kubernetes' messages name it. */
  readonly resource: string;
  readonly isInBytes: boolean;
}

const memory = { condition: 'MemoryPressure', resource: 'memory', isInBytes: true } as const;
const disk = { condition: 'DiskPressure', resource: 'ephemeral-storage', isInBytes: true } as const;
const inodes = { condition: 'DiskPressure', resource: 'inodes', isInBytes: false } as const;

/** In the order in which pressure is acted on: memory cannot wait. */
export const signalFacts: Readonly<Record<EvictionSignal, SignalFacts>> = {
  'memory.available': memory,
  'allocatableMemory.available': memory,
  'nodefs.available': disk,
  'nodefs.inodesFree': inodes,
  'imagefs.available': disk,
  'imagefs.inodesFree': inodes,
  'pid.available': { condition: 'PIDPressure', resource: 'pids', isInBytes: false },
};

/** What there is of a thing and how much of it is left: bytes, or a number of inodes or processes. */
export interface Observation {
  readonly available: number;
  readonly capacity: number;
}

/** A signal that cannot be seen on this node is left out. */
export type Observations = Partial<Readonly<Record<EvictionSignal, Observation>>>;

/** Pressure is on while less than this is available. */
export interface Threshold {
  readonly signal: EvictionSignal;
  readonly amount: { readonly value: number } | { readonly percent: number };
}

/** A threshold that is met, with what was seen. */
export interface MetThreshold {
  readonly signal: EvictionSignal;
  readonly available: number;
  /** The least that must be available. */
  readonly limit: number;
}

const mebi = 1024 * 1024;

/** The kubelet's hard thresholds, and one for processes, of which it has none by default. */
export const defaultThresholds: readonly Threshold[] = [
  { signal: 'memory.available', amount: { value: 100 * mebi } },
  { signal: 'nodefs.available', amount: { percent: 10 } },
  { signal: 'nodefs.inodesFree', amount: { percent: 5 } },
  { signal: 'imagefs.available', amount: { percent: 15 } },
  { signal: 'imagefs.inodesFree', amount: { percent: 5 } },
  { signal: 'pid.available', amount: { percent: 5 } },
];

/** As the kubelet has it, the threshold of memory also holds for what all pods may use together. */
export function withAllocatable(thresholds: readonly Threshold[]): readonly Threshold[] {
  return thresholds.flatMap((threshold) =>
    threshold.signal === 'memory.available'
      ? [threshold, { ...threshold, signal: 'allocatableMemory.available' } as const]
      : [threshold],
  );
}

/** The least of a capacity that must be available. */
export function limitOf({ amount }: Threshold, capacity: number): number {
  return 'value' in amount ? amount.value : Math.floor((capacity * amount.percent) / 100);
}

/** The thresholds that are met, the most urgent first. Pure. */
export function metThresholds(seen: Observations, thresholds: readonly Threshold[]): readonly MetThreshold[] {
  const order = Object.keys(signalFacts);
  return thresholds
    .flatMap((threshold): MetThreshold[] => {
      const observation = seen[threshold.signal];
      if (!observation) return [];
      const limit = limitOf(threshold, observation.capacity);
      const { available } = observation;
      return available < limit ? [{ signal: threshold.signal, available, limit }] : [];
    })
    .toSorted((a, b) => order.indexOf(a.signal) - order.indexOf(b.signal));
}

/** An amount of what a signal is about, as a quantity. */
export function formatAmount(signal: EvictionSignal, amount: number): string {
  const whole = Math.max(0, Math.floor(amount));
  if (!signalFacts[signal].isInBytes) return String(whole);
  // Quantities are exact: whole KiB keep the text short.
  return formatBytes(whole >= 1024 ? Math.floor(whole / 1024) * 1024 : whole);
}

import type { ContainerCounters, HistoryMetric, PodUsage } from '@gantry/api-types';

/** The figures kept per pod, in the order of their columns; `pods` is counted when they are added up. */
export const keptFigures = [
  'cpuMilli',
  'memoryBytes',
  'throttledRatio',
  'readBytes',
  'writeBytes',
  'reads',
  'writes',
  'rxBytes',
  'txBytes',
  'pids',
] as const satisfies readonly HistoryMetric[];

const diskCounters = ['readBytes', 'writeBytes', 'reads', 'writes'] as const;

/** A pod's sample, with the time that its node gave it, milliseconds. */
export interface TimedPodUsage {
  readonly at: number;
  readonly usage: PodUsage;
}

/**
 * One sample as the figures of {@link keptFigures}: gauges as they are, counters per second since the sample before. A
 * container that was not there before counts with nothing: its counter says nothing of this span.
 */
export function podFigures(before: TimedPodUsage | undefined, now: TimedPodUsage): number[] {
  const { usage } = now;
  const containers = usage.containers ?? [];
  const pids = containers.reduce((sum, container) => sum + (container.pids ?? 0), 0);
  const gauges = [usage.cpuMilli, usage.memoryBytes, usage.throttledRatio];
  const seconds = before ? (now.at - before.at) / 1000 : 0;
  if (!before || seconds <= 0) return [...gauges, 0, 0, 0, 0, 0, 0, pids];
  const disk = diskCounters.map((counter) => grownBy(before.usage.containers ?? [], containers, counter) / seconds);
  const [network, earlier] = [usage.network, before.usage.network];
  const traffic = (['rxBytes', 'txBytes'] as const).map((counter) =>
    network && earlier ? Math.max(0, network[counter] - earlier[counter]) / seconds : 0,
  );
  return [...gauges, ...disk, ...traffic, pids];
}

function grownBy(
  before: readonly ContainerCounters[],
  now: readonly ContainerCounters[],
  counter: (typeof diskCounters)[number],
): number {
  let sum = 0;
  for (const container of now) {
    const value = container[counter];
    if (value === undefined) continue;
    const earlier = before.find(({ name }) => name === container.name);
    // Less than before: the container was started anew.
    if (earlier) sum += Math.max(0, value - (earlier[counter] ?? 0));
  }
  return sum;
}

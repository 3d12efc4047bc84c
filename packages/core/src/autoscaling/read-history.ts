import type { HistoryAnswer } from '@gantry/api-types';
import type { PodMetricsRecord } from './metrics-reader.ts';
import type { PodHistory } from './recommend.ts';

/** Enough values for a percentile to mean something. */
const enough = 20;

/**
 * What right-sizing reads from a pod's history, asked for at several resolutions, the longest span first: percentiles
 * are taken over the longest span that has enough steps, the largest working set over all. Undefined without samples.
 */
export function readHistory(
  answers: readonly HistoryAnswer[],
  usage: PodMetricsRecord | undefined,
): PodHistory | undefined {
  const spans = answers.flatMap((answer) => {
    const values = answer.series[0]?.values;
    const cpuMilli = present(values?.cpuMilli);
    const memory = present(values?.memoryBytes);
    return memory.length > 0 || cpuMilli.length > 0 ? [{ answer, cpuMilli, memory }] : [];
  });
  const [longest] = spans;
  if (!longest) return undefined;
  const chosen = spans.find(({ memory }) => memory.length >= enough) ?? spans.at(-1) ?? longest;
  return {
    cpuMilli: chosen.cpuMilli,
    memoryBytes: [...chosen.memory, Math.max(...spans.flatMap(({ memory }) => memory))],
    samples: Math.max(...spans.map(({ memory }) => memory.length)),
    spanSeconds: Math.max(...spans.map(({ answer }) => ageOfFirst(answer))),
    shares: sharesOf(usage),
  };
}

function present(values: readonly (number | null)[] | undefined): number[] {
  return (values ?? []).filter((value) => value !== null);
}

function ageOfFirst({ at, from, stepMs, series }: HistoryAnswer): number {
  const first = series[0]?.values.cpuMilli?.findIndex((value) => value !== null) ?? -1;
  return first < 0 ? 0 : Math.round((at - from - first * stepMs) / 1000);
}

function sharesOf(usage: PodMetricsRecord | undefined): PodHistory['shares'] {
  const containers = usage?.containers ?? [];
  const cpu = containers.reduce((sum, { cpuMilli }) => sum + cpuMilli, 0);
  const memory = containers.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
  const even = 1 / Math.max(1, containers.length);
  return new Map(
    containers.map(({ name, cpuMilli, memoryBytes }) => [
      name,
      { cpu: cpu > 0 ? cpuMilli / cpu : even, memory: memory > 0 ? memoryBytes / memory : even },
    ]),
  );
}

import type { HistoryMetric, HistorySeries } from '@gantry/api-types';
import type { HistoryRing, TierIndex } from './history-ring.ts';

/** Steps of one resolution. */
export interface HistorySpan {
  readonly tier: TierIndex;
  /** Number of the first step since the epoch. */
  readonly first: number;
  readonly steps: number;
}

/** One subject's values, from its ring. */
export function seriesOf(
  ring: HistoryRing,
  figures: readonly HistoryMetric[],
  span: HistorySpan,
): HistorySeries['values'] {
  const values: Partial<Record<HistoryMetric, (number | null)[]>> = {};
  for (const [column, metric] of figures.entries()) {
    const row = Array.from({ length: span.steps }, (_, step) => {
      const value = ring.valueAt(span.tier, span.first + step, column);
      return value === undefined ? null : rounded(value);
    });
    if (row.some((value) => value !== null && (value !== 0 || column === 0))) values[metric] = row;
  }
  return values;
}

/** The values of several subjects added up, with how many there were of them; of shares the mean. */
export function sumOf(
  rings: readonly HistoryRing[],
  figures: readonly HistoryMetric[],
  { tier, first, steps }: HistorySpan,
): HistorySeries['values'] {
  const sums = figures.map(() => new Float64Array(steps));
  const present = new Float64Array(steps);
  for (const ring of rings) {
    for (let step = 0; step < steps; step += 1) {
      if (ring.addTo(sums, step, tier, first + step)) present[step] = (present[step] ?? 0) + 1;
    }
  }
  const values: Partial<Record<HistoryMetric, (number | null)[]>> = {};
  const isAnywhere = present.some((count) => count > 0);
  for (const [column, metric] of figures.entries()) {
    const sum = sums[column];
    if (!sum || !isAnywhere || (column > 0 && sum.every((value) => value === 0))) continue;
    const row = Array.from(sum, (value, step) => {
      const count = present[step] ?? 0;
      if (count === 0) return null;
      return rounded(metric === 'throttledRatio' ? value / count : value);
    });
    values[metric] = row;
  }
  if (isAnywhere) values.pods = Array.from(present);
  return values;
}

/** To four digits after the point: what more there is says nothing and makes answers long. */
function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

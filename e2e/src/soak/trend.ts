/** One figure at one moment. */
export type Point = readonly [atMs: number, value: number];

/** The share of the samples, from the first on, that counts as warm-up. */
const warmUpShare = 0.3;
const minPoints = 6;

/** What comes after the warm-up. */
export function warm<T>(samples: readonly T[]): readonly T[] {
  return samples.slice(Math.floor(samples.length * warmUpShare));
}

/** How much the middle of the last third is above that of the first; undefined where there are too few points. */
export function growth(points: readonly Point[]): number | undefined {
  if (points.length < minPoints) return undefined;
  const values = points.map(([, value]) => value);
  const third = Math.ceil(values.length / 3);
  return median(values.slice(-third)) - median(values.slice(0, third));
}

/** By least squares; undefined where there are too few points. */
export function slopePerHour(points: readonly Point[]): number | undefined {
  if (points.length < minPoints) return undefined;
  const meanAt = points.reduce((total, [at]) => total + at, 0) / points.length;
  const mean = points.reduce((total, [, value]) => total + value, 0) / points.length;
  const covariance = points.reduce((total, [at, value]) => total + (at - meanAt) * (value - mean), 0);
  const variance = points.reduce((total, [at]) => total + (at - meanAt) ** 2, 0);
  return (covariance / variance) * 3_600_000;
}

/** `, +1.2 MB/h`, or nothing where there are too few points. */
export function trendText(points: readonly Point[]): string {
  const slope = slopePerHour(points);
  return slope === undefined ? '' : `, ${slope >= 0 ? '+' : ''}${slope.toFixed(1)} MB/h`;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

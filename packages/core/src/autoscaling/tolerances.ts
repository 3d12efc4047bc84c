import { type HorizontalPodAutoscaler, parseQuantity } from '@gantry/api-types';

/** How far from 1 a ratio of measured to wanted may be in each direction without a change. */
export interface Tolerances {
  readonly up: number;
  readonly down: number;
}

/** What `behavior` says of each direction, else the cluster's. */
export function tolerancesOf({ spec }: HorizontalPodAutoscaler, clusterWide: number): Tolerances {
  const of = (text: string | undefined): number => (text === undefined ? clusterWide : parseQuantity(text));
  return { up: of(spec.behavior?.scaleUp?.tolerance), down: of(spec.behavior?.scaleDown?.tolerance) };
}

/** Doubles cannot hold 1.1: without this much room a ratio of exactly 1.1 would be beyond a tolerance of 0.1. */
const roundingError = 1e-9;

/** True where the ratio calls for no change. */
export function isWithinTolerance(ratio: number, { up, down }: Tolerances): boolean {
  return ratio >= 1 - down - roundingError && ratio <= 1 + up + roundingError;
}

/** `ceil`, for which what only a rounding error lifts above a whole number is that number. */
export function ceilReplicas(value: number): number {
  return Math.ceil(value - roundingError);
}

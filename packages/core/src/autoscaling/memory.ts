/** What the metrics asked for at one time, before limits. */
export interface Recommendation {
  readonly at: number;
  readonly replicas: number;
}

/** How many replicas were added or removed at one time. */
export interface ScaleEvent {
  readonly at: number;
  /** More than 0 in either direction. */
  readonly change: number;
}

/** What an autoscaler has to remember between two passes; times in milliseconds since the epoch, oldest first. */
export interface AutoscalerMemory {
  readonly recommendations: readonly Recommendation[];
  readonly scaleUps: readonly ScaleEvent[];
  readonly scaleDowns: readonly ScaleEvent[];
}

export const emptyMemory: AutoscalerMemory = { recommendations: [], scaleUps: [], scaleDowns: [] };

/**
 * The memory at the start of a pass. A new autoscaler, or one whose controller was restarted, takes the present number
 * for what was asked for last: so it does not remove pods before its window has passed. Where the clock was set back, what
 * is still to come is forgotten: it would stay within its window until the clock is there again.
 */
export function withInitialRecommendation(memory: AutoscalerMemory, current: number, nowMs: number): AutoscalerMemory {
  const known = isOfThePast(memory, nowMs) ? memory : withoutFuture(memory, nowMs);
  if (known.recommendations.length > 0) return known;
  return { ...known, recommendations: [{ at: nowMs, replicas: current }] };
}

type Timed = { readonly at: number };

function isOfThePast({ recommendations, scaleUps, scaleDowns }: AutoscalerMemory, nowMs: number): boolean {
  // Each is in the order of its times.
  return [recommendations, scaleUps, scaleDowns].every((list: readonly Timed[]) => (list.at(-1)?.at ?? nowMs) <= nowMs);
}

function withoutFuture({ recommendations, scaleUps, scaleDowns }: AutoscalerMemory, nowMs: number): AutoscalerMemory {
  const past = <T extends Timed>(list: readonly T[]): readonly T[] => list.filter(({ at }) => at <= nowMs);
  return { recommendations: past(recommendations), scaleUps: past(scaleUps), scaleDowns: past(scaleDowns) };
}

/** Remembers a recommendation, and forgets those that are older than `windowMs`. */
export function withRecommendation(
  memory: AutoscalerMemory,
  replicas: number,
  { nowMs, windowMs }: { readonly nowMs: number; readonly windowMs: number },
): AutoscalerMemory {
  const kept = memory.recommendations.filter(({ at }) => at >= nowMs - windowMs);
  return { ...memory, recommendations: [...kept, { at: nowMs, replicas }] };
}

/** Remembers that the target was scaled, and forgets what is older than `periodMs`. */
export function withScaleEvent(
  memory: AutoscalerMemory,
  scaled: { readonly from: number; readonly to: number },
  { nowMs, periodMs }: { readonly nowMs: number; readonly periodMs: number },
): AutoscalerMemory {
  const isKept = ({ at }: ScaleEvent): boolean => at >= nowMs - periodMs;
  const added = { at: nowMs, change: Math.abs(scaled.to - scaled.from) };
  const isUp = scaled.to > scaled.from;
  return {
    ...memory,
    scaleUps: [...memory.scaleUps.filter(isKept), ...(isUp ? [added] : [])],
    scaleDowns: [...memory.scaleDowns.filter(isKept), ...(isUp ? [] : [added])],
  };
}

import type { Recommendation } from './memory.ts';

/** A recommendation after the windows had their say. */
export interface Stabilized {
  readonly replicas: number;
  /** Set where a window holds it at another number than what was asked for. */
  readonly heldBy?: { readonly type: 'ScaleUpStabilized' | 'ScaleDownStabilized'; readonly until: number };
}

export interface StabilizeInput {
  readonly recommendations: readonly Recommendation[];
  readonly desired: number;
  readonly current: number;
  readonly upWindowMs: number;
  readonly downWindowMs: number;
  readonly nowMs: number;
}

/**
 * Moves from the present number towards what is asked for only as far as everything that was asked for within a window
 * agrees: up to the smallest of the window for more, down to the largest of the window for fewer.
 */
export function stabilize(input: StabilizeInput): Stabilized {
  const { recommendations, desired, current, upWindowMs, downWindowMs, nowMs } = input;
  const inUpWindow = recommendations.filter(({ at }) => at > nowMs - upWindowMs);
  const inDownWindow = recommendations.filter(({ at }) => at > nowMs - downWindowMs);
  const smallest = Math.min(desired, ...inUpWindow.map(({ replicas }) => replicas));
  const largest = Math.max(desired, ...inDownWindow.map(({ replicas }) => replicas));
  const replicas = Math.min(Math.max(current, smallest), largest);
  if (replicas === desired) return { replicas };
  if (desired >= current) {
    const until = lastTime(inUpWindow, (other) => other < desired) + upWindowMs;
    return { replicas, heldBy: { type: 'ScaleUpStabilized', until } };
  }
  const until = lastTime(inDownWindow, (other) => other > desired) + downWindowMs;
  return { replicas, heldBy: { type: 'ScaleDownStabilized', until } };
}

/** As {@link stabilize} for autoscalers without `behavior`: more at once, fewer after the cluster's window. */
export function stabilizeDown(input: Omit<StabilizeInput, 'current' | 'upWindowMs'>): Stabilized {
  const { recommendations, desired, downWindowMs, nowMs } = input;
  const inWindow = recommendations.filter(({ at }) => at >= nowMs - downWindowMs);
  const replicas = Math.max(desired, ...inWindow.map((other) => other.replicas));
  if (replicas === desired) return { replicas };
  const until = lastTime(inWindow, (other) => other > desired) + downWindowMs;
  return { replicas, heldBy: { type: 'ScaleDownStabilized', until } };
}

/** When the last of them that holds `desired` back was made. */
function lastTime(recommendations: readonly Recommendation[], holds: (replicas: number) => boolean): number {
  return recommendations.findLast(({ replicas }) => holds(replicas))?.at ?? 0;
}

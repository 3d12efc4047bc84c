import type { AutoscalerPoint, ObjectKey } from '@gantry/api-types';

/** How long decisions are kept, milliseconds. */
export const keptMs = 30 * 60_000;
/** Of passes that change nothing one is kept in this time, milliseconds: charts show no more. */
const minSpacingMs = 5_000;
/** Bound on points of one autoscaler, however often it changes its mind. */
const maxPoints = 720;

/** What each autoscaler decided in the last half hour. In memory: it starts anew with the controller. */
export class DecisionHistory {
  readonly #points = new Map<ObjectKey, AutoscalerPoint[]>();

  add(key: ObjectKey, point: AutoscalerPoint): void {
    const points = this.#points.get(key) ?? [];
    this.#points.set(key, points);
    const [last, before] = [points.at(-1), points.at(-2)];
    const isDense = last && before && last.at - before.at < minSpacingMs;
    if (isDense && isSameDecision(last, before) && isSameDecision(point, last)) points.pop();
    points.push(point);
    const firstKept = points.findIndex(({ at }) => at > point.at - keptMs);
    points.splice(0, Math.max(firstKept, points.length - maxPoints));
  }

  forget(key: ObjectKey): void {
    this.#points.delete(key);
  }

  /** Oldest first. */
  of(key: ObjectKey): readonly AutoscalerPoint[] {
    return this.#points.get(key) ?? [];
  }
}

function isSameDecision(a: AutoscalerPoint, b: AutoscalerPoint): boolean {
  return (
    a.current === b.current &&
    a.desired === b.desired &&
    a.wanted === b.wanted &&
    a.heldBy?.type === b.heldBy?.type &&
    a.problem === b.problem
  );
}

/** One resolution of a {@link HistoryRing}. */
export interface HistoryTier {
  readonly stepMs: number;
  readonly slots: number;
  /** Steps without a sample that show the value before them: samples come about every two seconds, not on the beat. */
  readonly heldSteps: number;
}

/** Finest first: two minutes, ten minutes, half an hour. */
export const historyTiers = [
  { stepMs: 2_000, slots: 60, heldSteps: 2 },
  { stepMs: 10_000, slots: 60, heldSteps: 1 },
  { stepMs: 30_000, slots: 60, heldSteps: 1 },
] as const satisfies readonly HistoryTier[];

export type TierIndex = 0 | 1 | 2;

const offsets = historyTiers.map((_, index) => historyTiers.slice(0, index).reduce((sum, { slots }) => sum + slots, 0));
const totalSlots = historyTiers.reduce((sum, { slots }) => sum + slots, 0);

/**
 * The last half hour of a few figures of one subject, coarser the older: each tier keeps the mean of each of its steps.
 * Fixed in size: 720 bytes for a figure that was ever other than zero, nothing for one that never was, but for the first,
 * which also says when there were samples. Steps are aligned to the epoch, so that rings of different subjects add up.
 */
export class HistoryRing {
  readonly #columns: (Float32Array | undefined)[];
  /** By tier: the number, since the epoch, of the newest step, and how many samples it has. */
  readonly #newest = historyTiers.map(() => Number.NEGATIVE_INFINITY);
  readonly #counts = historyTiers.map(() => 0);

  constructor(columns: number) {
    this.#columns = new Array(columns).fill(undefined);
    this.#columns[0] = new Float32Array(totalSlots).fill(Number.NaN);
  }

  /** One sample, newer than those before; an older one is left out, since means of closed steps are not touched. */
  add(at: number, values: ArrayLike<number>): void {
    for (let column = 0; column < this.#columns.length; column += 1) {
      if (!this.#columns[column] && values[column]) this.#columns[column] = new Float32Array(totalSlots);
    }
    for (let tier = 0; tier < historyTiers.length; tier += 1) this.#addTo(tier, at, values);
  }

  /** The mean over a step, by its number since the epoch; undefined where there was no sample. */
  valueAt(tier: TierIndex, step: number, column: number): number | undefined {
    const slot = this.#filledSlot(tier, step);
    return slot < 0 ? undefined : (this.#columns[column]?.[slot] ?? 0);
  }

  /** Adds the means of a step to `sums`, one for each column, at `index`; false where there was no sample. */
  addTo(sums: readonly Float64Array[], index: number, tier: TierIndex, step: number): boolean {
    const slot = this.#filledSlot(tier, step);
    if (slot < 0) return false;
    for (let column = 0; column < sums.length; column += 1) {
      const values = this.#columns[column];
      const sum = sums[column];
      if (values && sum) sum[index] = (sum[index] ?? 0) + (values[slot] ?? 0);
    }
    return true;
  }

  /** Where the step's mean is, or the one that is held for it; negative where there is none. */
  #filledSlot(tier: TierIndex, step: number): number {
    const { heldSteps } = historyTiers[tier];
    for (let held = 0; held <= heldSteps; held += 1) {
      const slot = this.#slotOf(tier, step - held);
      if (slot >= 0 && !Number.isNaN(this.#columns[0]?.[slot])) return slot;
    }
    return -1;
  }

  /** Plain loops: at the controller this runs for every pod of the cluster every two seconds. */
  #addTo(tier: number, at: number, values: ArrayLike<number>): void {
    const { slots = 1, stepMs = 1 } = historyTiers[tier] ?? {};
    const step = Math.floor(at / stepMs);
    const newest = this.#newest[tier] ?? Number.NEGATIVE_INFINITY;
    if (step < newest) return;
    if (step > newest) {
      this.#forgetBetween(tier, Math.max(newest + 1, step - slots + 1), step);
      this.#newest[tier] = step;
      this.#counts[tier] = 0;
    }
    const count = (this.#counts[tier] ?? 0) + 1;
    this.#counts[tier] = count;
    const slot = (offsets[tier] ?? 0) + (step % slots);
    for (let index = 0; index < this.#columns.length; index += 1) {
      const column = this.#columns[index];
      if (!column) continue;
      const value = values[index] ?? 0;
      const mean = count === 1 ? 0 : (column[slot] ?? 0);
      column[slot] = mean + (value - mean) / count;
    }
  }

  #forgetBetween(tier: number, from: number, to: number): void {
    const { slots = 1 } = historyTiers[tier] ?? {};
    const [first] = this.#columns;
    if (!first) return;
    for (let step = from; step <= to; step += 1) first[(offsets[tier] ?? 0) + (step % slots)] = Number.NaN;
  }

  /** Where the step is kept; negative where it is not (any more, or yet). */
  #slotOf(tier: TierIndex, step: number): number {
    const { slots } = historyTiers[tier];
    const newest = this.#newest[tier] ?? Number.NEGATIVE_INFINITY;
    return step > newest || step <= newest - slots ? -1 : (offsets[tier] ?? 0) + (step % slots);
  }
}

/** The finest tier that goes back this far, half an hour at most. */
export function tierFor(seconds: number): TierIndex {
  const found = historyTiers.findIndex(({ stepMs, slots }) => seconds * 1000 <= stepMs * slots);
  return found === 0 || found === 1 ? found : 2;
}

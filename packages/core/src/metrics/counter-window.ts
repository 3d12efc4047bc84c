const capacity = 20;

/** What {@link CounterWindow.rate} says. */
export interface CounterRate {
  /** Per second. */
  readonly perSecond: number;
  /** How long the span was, milliseconds. */
  readonly windowMs: number;
}

/**
 * The newest readings of one counter, for its rate over a span of some seconds. Holds {@link capacity} readings; a
 * counter that became less was started anew, and so is the window; so it is where the clock was set back.
 */
export class CounterWindow {
  readonly #at = new Float64Array(capacity);
  readonly #values = new Float64Array(capacity);
  #size = 0;
  #next = 0;

  /** Times in milliseconds, in their order; the newest reading once more is left out. */
  add(at: number, value: number): void {
    if (this.#size > 0) {
      const newest = (this.#next + capacity - 1) % capacity;
      const newestAt = this.#at[newest] ?? 0;
      if (value < (this.#values[newest] ?? 0) || at < newestAt) this.#size = 0;
      else if (at === newestAt) return;
    }
    this.#at[this.#next] = at;
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % capacity;
    this.#size = Math.min(capacity, this.#size + 1);
  }

  /** Over the shortest span of readings of at least `windowMs`, else the longest there is; undefined for less than two. */
  rate(windowMs: number): CounterRate | undefined {
    if (this.#size < 2) return undefined;
    const newest = (this.#next + capacity - 1) % capacity;
    const at = this.#at[newest] ?? 0;
    let found = newest;
    for (let back = 1; back < this.#size; back += 1) {
      found = (newest + capacity - back) % capacity;
      if (at - (this.#at[found] ?? 0) >= windowMs) break;
    }
    const spanMs = at - (this.#at[found] ?? 0);
    return {
      perSecond: (((this.#values[newest] ?? 0) - (this.#values[found] ?? 0)) / spanMs) * 1000,
      windowMs: spanMs,
    };
  }
}

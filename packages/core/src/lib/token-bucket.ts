/** Allows `burst` actions at once and `perSecond` in the long run. Time is passed in, in milliseconds, and may not go back. */
export class TokenBucket {
  readonly #burst: number;
  readonly #perMs: number;
  #tokens: number;
  #updatedAtMs: number;

  constructor(options: { readonly burst: number; readonly perSecond: number; readonly nowMs: number }) {
    this.#burst = options.burst;
    this.#perMs = options.perSecond / 1000;
    this.#tokens = options.burst;
    this.#updatedAtMs = options.nowMs;
  }

  /** Takes a token if one is there. */
  tryTake(nowMs: number): boolean {
    this.#refill(nowMs);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Milliseconds until {@link tryTake} succeeds: 0 now, Infinity where nothing refills. */
  waitMs(nowMs: number): number {
    this.#refill(nowMs);
    return this.#tokens >= 1 ? 0 : Math.ceil((1 - this.#tokens) / this.#perMs);
  }

  #refill(nowMs: number): void {
    const elapsedMs = nowMs - this.#updatedAtMs;
    if (elapsedMs <= 0) return;
    this.#tokens = Math.min(this.#burst, this.#tokens + elapsedMs * this.#perMs);
    this.#updatedAtMs = nowMs;
  }
}

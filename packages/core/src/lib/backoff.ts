export interface BackoffOptions {
  /** The delay before the first retry, in milliseconds. */
  readonly baseMs: number;
  /** No delay is longer than this, in milliseconds. */
  readonly maxMs: number;
  /** How much the delay grows per retry; 2 by default. */
  readonly factor?: number;
}

/** The delay in milliseconds before retry number `retries` (0 for the first): exponential, capped. */
export function backoffDelayMs(retries: number, options: BackoffOptions): number {
  const delay = options.baseMs * (options.factor ?? 2) ** Math.max(0, retries);
  return Math.min(options.maxMs, delay);
}

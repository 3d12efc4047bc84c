import type { Clock } from '@gantry/core';

export interface TurnOptions {
  readonly clock: Clock;
  /** Runs a callback after other work had its turn (default `setImmediate`). */
  readonly defer?: (callback: () => void) => void;
}

/** Work per turn of the event loop, so that API calls are not held up. */
const sliceMs = 4;

/** Runs interruptible work to its end, a few milliseconds at a time. Rejects with what the work throws. */
export async function runInTurns<T>(
  steps: Generator<void, T>,
  { clock, defer = setImmediate }: TurnOptions,
): Promise<{ readonly result: T; readonly durationMs: number }> {
  let durationMs = 0;
  for (;;) {
    const start = clock.now();
    for (let isFirst = true; isFirst || clock.now() - start < sliceMs; isFirst = false) {
      const step = steps.next();
      if (step.done) return { result: step.value, durationMs: durationMs + clock.now() - start };
    }
    durationMs += clock.now() - start;
    const { promise, resolve } = Promise.withResolvers<void>();
    defer(resolve);
    await promise;
  }
}

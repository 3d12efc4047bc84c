import type { Clock } from '@gantry/core';
import type { PodMeter } from './agent-instruments.ts';

/** Times the starts of pods by the statuses that are reported of them: from the first, Pending, to the first as Running. */
export class PodStarts {
  readonly #meter: PodMeter;
  readonly #clock: Clock;
  readonly #begun = new Map<string, number>();

  constructor(meter: PodMeter, clock: Clock) {
    this.#meter = meter;
    this.#clock = clock;
  }

  reported(podUid: string, phase: string | undefined): void {
    const begunAt = this.#begun.get(podUid);
    if (phase === 'Pending') {
      if (begunAt === undefined) this.#begun.set(podUid, this.#clock.now());
      return;
    }
    if (begunAt === undefined) return;
    this.#begun.delete(podUid);
    // Faster than a status between two lives of its containers: a short program has succeeded already.
    if (phase === 'Running' || phase === 'Succeeded')
      this.#meter.started(Math.max(0, this.#clock.now() - begunAt) / 1000);
  }

  /** The pod is gone, whatever became of it. */
  forget(podUid: string): void {
    this.#begun.delete(podUid);
  }
}

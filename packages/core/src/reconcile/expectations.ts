import type { ObjectKey } from '@gantry/api-types';

interface Expectation {
  creations: number;
  /** Uids of objects whose deletion was asked for and not yet seen. */
  readonly deletions: Set<string>;
  readonly setAtMs: number;
}

/** After this long an unmet expectation is given up: its event was lost, or the request never took effect. */
const timeoutMs = 5 * 60_000;

/**
 * What a controller asked for and has not yet seen in its cache, per owner. While something is expected the owner's
 * replicas must not be counted, or a cache that lags behind would have them made twice.
 */
export class Expectations {
  readonly #expected = new Map<ObjectKey, Expectation>();

  expectCreations(owner: ObjectKey, count: number, nowMs: number): void {
    this.#expected.set(owner, { creations: count, deletions: new Set(), setAtMs: nowMs });
  }

  expectDeletions(owner: ObjectKey, uids: readonly string[], nowMs: number): void {
    this.#expected.set(owner, { creations: 0, deletions: new Set(uids), setAtMs: nowMs });
  }

  /** A created object was seen, or `count` creations failed or were never tried. */
  creationObserved(owner: ObjectKey, count = 1): void {
    const expectation = this.#expected.get(owner);
    if (!expectation) return;
    expectation.creations -= count;
    this.#forgetIfMet(owner, expectation);
  }

  /** A deletion was seen (an object with a deletion timestamp counts), or it failed. */
  deletionObserved(owner: ObjectKey, uid: string): void {
    const expectation = this.#expected.get(owner);
    if (!expectation?.deletions.delete(uid)) return;
    this.#forgetIfMet(owner, expectation);
  }

  /** Whether the cache shows everything that was asked for, or has had ample time to. */
  areMet(owner: ObjectKey, nowMs: number): boolean {
    const expectation = this.#expected.get(owner);
    return !expectation || nowMs - expectation.setAtMs > timeoutMs;
  }

  /** The owner is gone. */
  forget(owner: ObjectKey): void {
    this.#expected.delete(owner);
  }

  #forgetIfMet(owner: ObjectKey, expectation: Expectation): void {
    if (expectation.creations <= 0 && expectation.deletions.size === 0) this.#expected.delete(owner);
  }
}

import { backoffDelayMs } from '@gantry/core';

const backoff = { baseMs: 1_000, maxMs: 15 * 60_000 };

interface Replacements {
  readonly count: number;
  readonly atMs: number;
}

/** Keeps a daemon that its node refuses, or that ends at once, from being made anew without a pause. */
export class DaemonBackoff {
  readonly #bySet = new Map<string, Map<string, Replacements>>();

  /** Whether the set's ended daemon on that node may be replaced now. */
  mayReplace(setUid: string, nodeName: string, nowMs: number): boolean {
    const replaced = this.#bySet.get(setUid)?.get(nodeName);
    return replaced === undefined || nowMs >= dueAt(replaced);
  }

  /** Notes a replacement: the next one has to wait longer, unless this one lasts. */
  replaced(setUid: string, nodeName: string, nowMs: number): void {
    const byNode = this.#bySet.get(setUid) ?? new Map<string, Replacements>();
    const before = byNode.get(nodeName);
    const hasLasted = before !== undefined && nowMs - dueAt(before) > 2 * backoff.maxMs;
    byNode.set(nodeName, { count: before && !hasLasted ? before.count + 1 : 0, atMs: nowMs });
    this.#bySet.set(setUid, byNode);
  }

  /** How long until the first node of the set that waits may have its replacement; undefined where none waits. */
  nextMs(setUid: string, nowMs: number): number | undefined {
    let next = Number.POSITIVE_INFINITY;
    for (const replaced of this.#bySet.get(setUid)?.values() ?? []) {
      const leftMs = dueAt(replaced) - nowMs;
      if (leftMs > 0) next = Math.min(next, leftMs);
    }
    return Number.isFinite(next) ? next : undefined;
  }

  /** The set is gone. */
  forget(setUid: string): void {
    this.#bySet.delete(setUid);
  }
}

function dueAt({ count, atMs }: Replacements): number {
  return atMs + backoffDelayMs(count, backoff);
}

/** What is known of one node's signs of life. */
export interface SignsOfLife {
  /** When its agent was last heard, in milliseconds since the epoch; undefined where it has no session. */
  readonly lastSeenMs: number | undefined;
  /** Until when its Lease is fresh, in milliseconds since the epoch; undefined where it has none. */
  readonly leaseFreshUntilMs: number | undefined;
}

export type NodeVerdict = 'alive' | 'lost' | 'undecided';

export interface HeartbeatWatchOptions {
  /** A node with a session is lost after this long without a heartbeat. */
  readonly graceMs: number;
  /** A node that never gave a sign of life is lost after this long. */
  readonly startupGraceMs: number;
  /** How often looks are taken; a look that comes this much late, and {@link maxLatenessMs} more, was a stall. */
  readonly intervalMs: number;
}

interface Watched {
  lastSeenMs: number | undefined;
  /** For how long we were awake and heard nothing. */
  silentMs: number;
}

/** A look that is later than this says that we were stopped, not the nodes: their heartbeats wait to be read. */
const maxLatenessMs = 1_000;
/** An agent that finds no controller tries again after this long at most. */
export const maxAgentRetryMs = 10_000;
/** After a start of the controller nodes get this long at least: their agents have to try again, and to connect. */
export const reconnectMs = 2 * maxAgentRetryMs;

/**
 * Tells nodes that live from those that do not, by heartbeats or Leases. Only time in which the controller itself was
 * awake counts: when it was stopped or overloaded, or has just started, every node gets its full grace period anew.
 */
export class HeartbeatWatch {
  readonly #options: HeartbeatWatchOptions;
  readonly #nodes = new Map<string, Watched>();
  #lastLookMs: number;
  #creditMs = 0;
  /** Leases may have run out unseen while nobody was there to take renewals. */
  #judgeLeasesFromMs: number;

  constructor(options: HeartbeatWatchOptions, nowMs: number) {
    this.#options = options;
    this.#lastLookMs = nowMs;
    this.#judgeLeasesFromMs = nowMs + Math.max(options.graceMs, reconnectMs);
  }

  /** Begins a look at all nodes. Returns true where the time since the last look was not spent awake. */
  beginLook(nowMs: number): boolean {
    const sinceMs = Math.max(0, nowMs - this.#lastLookMs);
    this.#lastLookMs = nowMs;
    const hasStalled = sinceMs > this.#options.intervalMs + maxLatenessMs;
    this.#creditMs = Math.min(sinceMs, this.#options.intervalMs);
    if (hasStalled) {
      this.#creditMs = 0;
      for (const watched of this.#nodes.values()) watched.silentMs = 0;
      this.#judgeLeasesFromMs = Math.max(this.#judgeLeasesFromMs, nowMs + this.#options.graceMs);
    }
    return hasStalled;
  }

  /** Whether the node lives, as of the look begun last. */
  judge(nodeName: string, signs: SignsOfLife): NodeVerdict {
    const nowMs = this.#lastLookMs;
    let watched = this.#nodes.get(nodeName);
    if (!watched) {
      watched = { lastSeenMs: signs.lastSeenMs, silentMs: 0 };
      this.#nodes.set(nodeName, watched);
    } else if (watched.lastSeenMs !== signs.lastSeenMs) {
      watched.lastSeenMs = signs.lastSeenMs;
      watched.silentMs = Math.min(this.#creditMs, Math.max(0, nowMs - (signs.lastSeenMs ?? nowMs)));
    } else watched.silentMs += this.#creditMs;
    if (signs.lastSeenMs !== undefined) return watched.silentMs >= this.#options.graceMs ? 'lost' : 'alive';
    if (signs.leaseFreshUntilMs !== undefined) {
      if (signs.leaseFreshUntilMs > nowMs) return 'alive';
      return nowMs >= this.#judgeLeasesFromMs ? 'lost' : 'undecided';
    }
    return watched.silentMs >= this.#options.startupGraceMs ? 'lost' : 'undecided';
  }

  /** Whether the node gave a sign of life since the last look: a verdict from then no longer holds. */
  hasReturned(nodeName: string, signs: SignsOfLife, nowMs: number): boolean {
    if (signs.lastSeenMs !== undefined) return signs.lastSeenMs !== this.#nodes.get(nodeName)?.lastSeenMs;
    return signs.leaseFreshUntilMs !== undefined && signs.leaseFreshUntilMs > nowMs;
  }

  /** How long until the node would be judged lost if it stays silent; only for nodes with a session. */
  graceLeftMs(nodeName: string): number {
    return this.#options.graceMs - (this.#nodes.get(nodeName)?.silentMs ?? 0);
  }

  forget(nodeName: string): void {
    this.#nodes.delete(nodeName);
  }
}

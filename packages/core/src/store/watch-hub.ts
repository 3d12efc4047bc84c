import { checkRetained, closedError } from './refusals.ts';
import type { StoreEvent } from './store.ts';

/** What the hub needs of the driver it serves. */
export interface WatchSource {
  readonly currentRevision: number;
  readonly compactedRevision: number;
  history(prefix: string, fromRevision: number, toRevision: number): Promise<readonly StoreEvent[]>;
}

interface Watcher {
  readonly prefix: string;
  deliver(events: readonly StoreEvent[]): void;
}

/** A watch as `Store.watch` takes it. */
export interface WatchRequest {
  readonly prefix: string;
  readonly fromRevision: number;
  readonly onEvents: (events: readonly StoreEvent[]) => void;
  readonly signal: AbortSignal;
}

/** Revisions replayed per read, so that neither side of a long replay holds much at once. */
const replayStep = 1000;

/**
 * The watchers of a store. Drivers call `publish` once per commit, after raising `currentRevision`; the hub replays
 * history to late comers and joins them to the live events without a gap or a duplicate.
 */
export class WatchHub {
  readonly #source: WatchSource;
  #watchers: readonly Watcher[] = [];
  #isClosed = false;

  constructor(source: WatchSource) {
    this.#source = source;
  }

  /** Hands a commit's events to the watchers, synchronously. */
  publish(events: readonly StoreEvent[]): void {
    for (const watcher of this.#watchers) {
      const wanted = watcher.prefix === '' ? events : events.filter((event) => event.key.startsWith(watcher.prefix));
      if (wanted.length > 0) watcher.deliver(wanted);
    }
  }

  /** Resolves once replay is done. Rejects `future` and `compacted`. */
  async watch(request: WatchRequest): Promise<void> {
    if (this.#isClosed) throw closedError();
    checkRetained(request.fromRevision, this.#source);
    const fromRevision = await this.#replay(request);
    await this.#join({ ...request, fromRevision });
  }

  /** Forgets all watchers; no further event is delivered. */
  close(): void {
    this.#isClosed = true;
    this.#watchers = [];
  }

  /** Replays in steps until little is missing. Returns the revision up to which all was delivered. */
  async #replay({ prefix, fromRevision, onEvents, signal }: WatchRequest): Promise<number> {
    let revision = fromRevision;
    while (!signal.aborted && this.#source.currentRevision - revision > replayStep) {
      const events = await this.#source.history(prefix, revision, revision + replayStep);
      if (signal.aborted) break;
      if (events.length > 0) onEvents(events);
      revision += replayStep;
    }
    return revision;
  }

  /** Subscribes first, then reads what is missing: what is committed in between waits in `held`. */
  async #join({ prefix, fromRevision, onEvents, signal }: WatchRequest): Promise<void> {
    if (signal.aborted) return;
    let held: (readonly StoreEvent[])[] | undefined;
    const watcher: Watcher = {
      prefix,
      deliver: (events) => {
        if (signal.aborted) return;
        if (held) held.push(events);
        else onEvents(events);
      },
    };
    const upTo = this.#source.currentRevision;
    if (fromRevision < upTo) held = [];
    this.#watchers = [...this.#watchers, watcher];
    const remove = () => {
      this.#watchers = this.#watchers.filter((other) => other !== watcher);
    };
    signal.addEventListener('abort', remove, { once: true });
    if (!held) return;
    try {
      const missed = await this.#source.history(prefix, fromRevision, upTo);
      for (const events of [missed, ...held]) if (events.length > 0 && !signal.aborted) onEvents(events);
      held = undefined;
    } catch (error) {
      remove();
      throw error;
    }
  }
}

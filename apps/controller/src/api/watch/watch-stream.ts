import type { Clock } from '@gantry/core';
import type { CachedObject, ObjectEvent, WatchSink } from '../../objects/object-store.ts';
import type { AnyObject } from '../context.ts';
import type { EventEncoder } from './event-encoder.ts';
import type { WatchTransport } from './watch-transport.ts';

export interface WatchStreamOptions {
  readonly encoder: EventEncoder;
  readonly transport: WatchTransport;
  readonly clock: Clock;
  /** Objects to report as ADDED before anything else. */
  readonly initial: readonly CachedObject<AnyObject>[];
  /** Sent after the initial objects (`sendInitialEvents`). */
  readonly initialEnd: Buffer | undefined;
  /** A BOOKMARK line for the present revision; undefined where the client wants none. */
  readonly bookmark: (() => Buffer) | undefined;
  readonly bookmarkMs: number;
  readonly timeoutMs: number;
  /** A watcher that lags by more than this is cut off. */
  readonly maxBufferedBytes: number;
  readonly onClosed: () => void;
  /** Called where the watcher was cut off for lagging. */
  readonly onSlow: () => void;
}

/** Lines are handed to the transport in batches of about this size. */
const batchBytes = 128 * 1024;

/**
 * One watcher: initial objects, then live events in order. What cannot be sent yet waits here, bounded; a watcher that
 * falls further behind is cut off and lists anew.
 */
export class WatchStream implements WatchSink<AnyObject> {
  readonly #options: WatchStreamOptions;
  readonly #cancelTimers: (() => void)[] = [];
  #initialSent = 0;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #isBlocked = false;
  #isFlushScheduled = false;
  #isClosed = false;
  #unsubscribe: (() => void) | undefined;

  constructor(options: WatchStreamOptions) {
    this.#options = options;
    const { transport, initialEnd, clock } = options;
    transport.onDrain = () => {
      this.#isBlocked = false;
      this.#flush();
    };
    transport.onClose = () => this.#close();
    if (initialEnd) this.#enqueue(initialEnd);
    this.#cancelTimers.push(clock.setTimer(() => this.end(), options.timeoutMs));
    this.#scheduleBookmark();
    this.#scheduleFlush();
  }

  /** Ties the stream to its subscription, which is ended with it (at once, where the client is gone already). */
  bindTo(unsubscribe: () => void): void {
    if (this.#isClosed) unsubscribe();
    else this.#unsubscribe = unsubscribe;
  }

  onEvents(events: readonly ObjectEvent<AnyObject>[]): void {
    if (this.#isClosed) return;
    for (const event of events) {
      const line = this.#options.encoder.encode(event);
      if (line) this.#enqueue(line);
    }
    if (this.#queuedBytes > this.#options.maxBufferedBytes) {
      this.#options.onSlow();
      this.#options.transport.destroy();
      this.#close();
      return;
    }
    this.#scheduleFlush();
  }

  /** Ends the watch in order: a last bookmark, so that the client goes on from here, then the end of the stream. */
  end(): void {
    if (this.#isClosed) return;
    if (this.#options.bookmark && !this.#isBlocked) this.#enqueue(this.#options.bookmark());
    this.#flush();
    this.#options.transport.end();
    this.#close();
  }

  #enqueue(line: Buffer): void {
    this.#queue.push(line);
    this.#queuedBytes += line.length;
  }

  /** Events of commits that arrive in one turn of the event loop go out in one write. */
  #scheduleFlush(): void {
    if (this.#isFlushScheduled || this.#isBlocked) return;
    this.#isFlushScheduled = true;
    setImmediate(() => {
      this.#isFlushScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (!this.#isBlocked && !this.#isClosed) {
      const batch = this.#takeInitial() ?? this.#takeQueued();
      if (!batch) return;
      this.#isBlocked = !this.#options.transport.write(batch);
    }
  }

  #takeInitial(): Buffer[] | undefined {
    const { initial, encoder } = this.#options;
    if (this.#initialSent >= initial.length) return undefined;
    const batch: Buffer[] = [];
    let bytes = 0;
    while (this.#initialSent < initial.length && bytes < batchBytes) {
      const object = initial[this.#initialSent];
      this.#initialSent += 1;
      if (!object) continue;
      const line = encoder.encodeInitial(object);
      batch.push(line);
      bytes += line.length;
    }
    return batch;
  }

  #takeQueued(): Buffer[] | undefined {
    if (this.#queue.length === 0) return undefined;
    const batch = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    return batch;
  }

  #scheduleBookmark(): void {
    const { bookmark, bookmarkMs, clock } = this.#options;
    if (!bookmark) return;
    const cancel = clock.setTimer(() => {
      this.#enqueue(bookmark());
      this.#scheduleFlush();
      this.#cancelTimers.splice(this.#cancelTimers.indexOf(cancel), 1);
      this.#scheduleBookmark();
    }, bookmarkMs);
    this.#cancelTimers.push(cancel);
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#queue = [];
    for (const cancel of this.#cancelTimers.splice(0)) cancel();
    this.#unsubscribe?.();
    this.#options.onClosed();
  }
}

import type { Clock } from '../lib/clock.ts';
import { WorkQueue } from './work-queue.ts';

/** A work queue to which keys can be added later. One timer serves all waiting keys, so waiting costs nothing. */
export class DelayingQueue<K> {
  readonly #queue = new WorkQueue<K>();
  readonly #clock: Clock;
  /** When each waiting key is due, in milliseconds since the epoch: the earliest of what was asked. */
  readonly #dueAt = new Map<K, number>();
  #cancelTimer: (() => void) | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #lastNow = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** See {@link WorkQueue.length}: keys that wait for their time are not counted. */
  get length(): number {
    return this.#queue.length;
  }

  /** How many keys wait for their time. */
  get delayedCount(): number {
    return this.#dueAt.size;
  }

  /** See {@link WorkQueue.add}. */
  add(key: K): void {
    this.#queue.add(key);
  }

  /** Adds the key after `delayMs`, at once for 0 or less. Of several delays for one key the earliest counts. */
  addAfter(key: K, delayMs: number): void {
    if (this.#queue.isShuttingDown) return;
    if (!(delayMs > 0)) {
      this.#queue.add(key);
      return;
    }
    const at = this.#now() + delayMs;
    const present = this.#dueAt.get(key);
    if (present !== undefined && present <= at) return;
    this.#dueAt.set(key, at);
    this.#arm(at);
  }

  /** See {@link WorkQueue.get}. */
  get(): Promise<K | undefined> {
    return this.#queue.get();
  }

  /** See {@link WorkQueue.done}. */
  done(key: K): void {
    this.#queue.done(key);
  }

  /** See {@link WorkQueue.shutDown}; keys that wait for their time are dropped. */
  shutDown(): void {
    this.#dropDelayed();
    this.#queue.shutDown();
  }

  /** See {@link WorkQueue.shutDownWithDrain}; keys that wait for their time are dropped. */
  shutDownWithDrain(): Promise<void> {
    this.#dropDelayed();
    return this.#queue.shutDownWithDrain();
  }

  /** The time; where the clock was set back, waiting keys are too, or they would wait for it to come back there. */
  #now(): number {
    const now = this.#clock.now();
    const setBackMs = this.#lastNow - now;
    this.#lastNow = now;
    if (setBackMs > 0) {
      for (const [key, at] of this.#dueAt) this.#dueAt.set(key, at - setBackMs);
      this.#timerAt -= setBackMs;
    }
    return now;
  }

  #dropDelayed(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#dueAt.clear();
  }

  #arm(at: number): void {
    if (at >= this.#timerAt) return;
    this.#cancelTimer?.();
    this.#timerAt = at;
    this.#cancelTimer = this.#clock.setTimer(() => this.#onTimer(), Math.max(0, at - this.#clock.now()));
  }

  #onTimer(): void {
    this.#cancelTimer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = this.#now();
    const due = [...this.#dueAt].filter(([, at]) => at <= now).sort((a, b) => a[1] - b[1]);
    for (const [key] of due) {
      this.#dueAt.delete(key);
      this.#queue.add(key);
    }
    let earliest = Number.POSITIVE_INFINITY;
    for (const at of this.#dueAt.values()) earliest = Math.min(earliest, at);
    if (earliest !== Number.POSITIVE_INFINITY) this.#arm(earliest);
  }
}

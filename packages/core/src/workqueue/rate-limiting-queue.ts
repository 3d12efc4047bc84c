import { type BackoffOptions, backoffDelayMs } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';
import { DelayingQueue } from './delaying-queue.ts';

/** Kubernetes' first delay; the cap is lower than its 1,000 s, since nothing else may wake a key that failed. */
const defaultBackoff: BackoffOptions = { baseMs: 5, maxMs: 60_000 };

/** A delaying queue that remembers how often each key failed and waits longer each time. */
export class RateLimitingQueue<K> {
  readonly #queue: DelayingQueue<K>;
  readonly #backoff: BackoffOptions;
  readonly #failures = new Map<K, number>();

  constructor(clock: Clock, backoff: BackoffOptions = defaultBackoff) {
    this.#queue = new DelayingQueue(clock);
    this.#backoff = backoff;
  }

  /** Keys ready to be taken; those that wait for their time are not counted. */
  get length(): number {
    return this.#queue.length;
  }

  /** See `WorkQueue.add`. */
  add(key: K): void {
    this.#queue.add(key);
  }

  /** See `DelayingQueue.addAfter`. */
  addAfter(key: K, delayMs: number): void {
    this.#queue.addAfter(key, delayMs);
  }

  /** Adds the key again after its back-off. Follow a success with {@link forget}, or the back-off keeps growing. */
  addRateLimited(key: K): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#queue.addAfter(key, backoffDelayMs(failures, this.#backoff));
  }

  /** The key worked: its next failure is a first one. */
  forget(key: K): void {
    this.#failures.delete(key);
  }

  /** How often the key was added by {@link addRateLimited} since it was last forgotten. */
  retriesOf(key: K): number {
    return this.#failures.get(key) ?? 0;
  }

  /** See `WorkQueue.get`. */
  get(): Promise<K | undefined> {
    return this.#queue.get();
  }

  /** See `WorkQueue.done`. */
  done(key: K): void {
    this.#queue.done(key);
  }

  /** See `DelayingQueue.shutDown`. */
  shutDown(): void {
    this.#queue.shutDown();
  }

  /** See `DelayingQueue.shutDownWithDrain`. */
  shutDownWithDrain(): Promise<void> {
    return this.#queue.shutDownWithDrain();
  }
}

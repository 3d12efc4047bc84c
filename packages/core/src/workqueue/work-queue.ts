/**
 * A queue of keys to work on, with the contract of client-go's:
 * - fair: keys come out in the order they were added;
 * - stingy: a key is never worked on by two consumers at once, and a key added many times before it is taken is worked
 *   on once;
 * - many consumers and producers; a key added while it is being worked on comes out again after `done`;
 * - shut down: consumers get what is left and then `undefined`.
 */
export class WorkQueue<K> {
  readonly #order: K[] = [];
  #head = 0;
  /** Keys that need work: those in `#order` plus those added while being worked on. */
  readonly #dirty = new Set<K>();
  readonly #processing = new Set<K>();
  readonly #waiting: ((key: K | undefined) => void)[] = [];
  readonly #drained: (() => void)[] = [];
  #isShuttingDown = false;

  /** How many keys wait to be taken. */
  get length(): number {
    return this.#order.length - this.#head;
  }

  get isShuttingDown(): boolean {
    return this.#isShuttingDown;
  }

  /** Marks the key as in need of work. Ignored after shut-down. */
  add(key: K): void {
    if (this.#isShuttingDown || this.#dirty.has(key)) return;
    this.#dirty.add(key);
    if (!this.#processing.has(key)) this.#enqueue(key);
  }

  /** Waits for the next key; the taker must call {@link done} with it. `undefined`: the queue is shut down and empty. */
  get(): Promise<K | undefined> {
    const key = this.#dequeue();
    if (key !== undefined) return Promise.resolve(key);
    if (this.#isShuttingDown) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The work on the key is over; if it was added meanwhile it is queued again. */
  done(key: K): void {
    if (!this.#processing.delete(key)) return;
    if (this.#dirty.has(key)) this.#enqueue(key);
    else if (this.#processing.size === 0) this.#notifyDrained();
  }

  /** No more keys are accepted; waiting consumers get `undefined`, and so do later ones once the queue is empty. */
  shutDown(): void {
    this.#isShuttingDown = true;
    for (const resolve of this.#waiting.splice(0)) resolve(undefined);
  }

  /** As {@link shutDown}, and resolves when every key taken or queued has been worked on. */
  async shutDownWithDrain(): Promise<void> {
    this.shutDown();
    if (this.length === 0 && this.#processing.size === 0) return;
    await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  #enqueue(key: K): void {
    const consumer = this.#waiting.shift();
    if (!consumer) {
      this.#order.push(key);
      return;
    }
    this.#dirty.delete(key);
    this.#processing.add(key);
    consumer(key);
  }

  #dequeue(): K | undefined {
    if (this.length === 0) return undefined;
    const key = this.#order[this.#head];
    this.#head += 1;
    // Shifting the array for each key would cost O(n) on long queues.
    if (this.#head > 1024 && this.#head * 2 > this.#order.length) {
      this.#order.splice(0, this.#head);
      this.#head = 0;
    }
    if (key === undefined) return undefined;
    this.#dirty.delete(key);
    this.#processing.add(key);
    return key;
  }

  #notifyDrained(): void {
    if (!this.#isShuttingDown || this.length > 0) return;
    for (const resolve of this.#drained.splice(0)) resolve();
  }
}

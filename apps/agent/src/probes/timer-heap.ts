import type { Clock } from '@gantry/core';

interface Entry {
  readonly at: number;
  readonly callback: () => void;
}

/** Many timers on one timer of the clock: a binary heap by due time. A callback that is not wanted any more checks that itself. */
export class TimerHeap {
  readonly #clock: Clock;
  readonly #heap: Entry[] = [];
  #armed: { readonly at: number; readonly cancel: () => void } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls back once, at the time (milliseconds since the epoch) or as soon after as possible. */
  add(at: number, callback: () => void): void {
    this.#heap.push({ at, callback });
    this.#siftUp(this.#heap.length - 1);
    this.#arm();
  }

  clear(): void {
    this.#heap.length = 0;
    this.#armed?.cancel();
    this.#armed = undefined;
  }

  #arm(): void {
    const [first] = this.#heap;
    if (!first || (this.#armed && this.#armed.at <= first.at)) return;
    this.#armed?.cancel();
    const cancel = this.#clock.setTimer(() => this.#fire(), Math.max(0, first.at - this.#clock.now()));
    this.#armed = { at: first.at, cancel };
  }

  #fire(): void {
    this.#armed = undefined;
    const now = this.#clock.now();
    const due: Entry[] = [];
    for (let [first] = this.#heap; first && first.at <= now; [first] = this.#heap) {
      due.push(first);
      this.#removeFirst();
    }
    for (const entry of due) entry.callback();
    this.#arm();
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#siftDown();
  }

  #siftUp(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfLess(index, parent)) return;
      index = parent;
    }
  }

  #siftDown(): void {
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      const smaller = this.#at(right) < this.#at(left) ? right : left;
      if (!this.#swapIfLess(smaller, index)) return;
      index = smaller;
    }
  }

  #at(index: number): number {
    return this.#heap[index]?.at ?? Number.POSITIVE_INFINITY;
  }

  #swapIfLess(child: number, parent: number): boolean {
    const a = this.#heap[child];
    const b = this.#heap[parent];
    if (!a || !b || a.at >= b.at) return false;
    this.#heap[child] = b;
    this.#heap[parent] = a;
    return true;
  }
}

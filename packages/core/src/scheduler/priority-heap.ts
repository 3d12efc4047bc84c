/** So many items are kept without asking which are valid. */
const fewItems = 64;

/**
 * A binary heap: the least item by `compare` first. Items that became invalid are skipped when they surface, and swept out
 * where they might be more than those that are valid. An item must not be pushed while it is there and valid.
 */
export class PriorityHeap<T> {
  #items: T[] = [];
  #sweepAt = fewItems;
  readonly #compare: (a: T, b: T) => number;
  readonly #isValid: (item: T) => boolean;

  constructor(compare: (a: T, b: T) => number, isValid: (item: T) => boolean = () => true) {
    this.#compare = compare;
    this.#isValid = isValid;
  }

  /** How many items are held, invalid ones among them. */
  get length(): number {
    return this.#items.length;
  }

  push(item: T): void {
    if (this.#items.length >= this.#sweepAt) this.#sweep();
    const items = this.#items;
    let index = items.push(item) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#isLess(index, parent)) break;
      this.#swap(index, parent);
      index = parent;
    }
  }

  /** The first valid item, which stays. */
  peek(): T | undefined {
    for (;;) {
      const [first] = this.#items;
      if (first === undefined || this.#isValid(first)) return first;
      this.#removeFirst();
    }
  }

  /** Takes the first valid item. */
  pop(): T | undefined {
    const first = this.peek();
    if (first !== undefined) this.#removeFirst();
    return first;
  }

  /** Behind a first item that stays, invalid ones would never surface. What is sorted is a heap. */
  #sweep(): void {
    this.#items = this.#items.filter(this.#isValid).sort(this.#compare);
    this.#sweepAt = Math.max(fewItems, 2 * this.#items.length);
  }

  #removeFirst(): void {
    const items = this.#items;
    const last = items.pop();
    if (items.length === 0 || last === undefined) return;
    items[0] = last;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      let least = index;
      if (left < items.length && this.#isLess(left, least)) least = left;
      if (right < items.length && this.#isLess(right, least)) least = right;
      if (least === index) return;
      this.#swap(index, least);
      index = least;
    }
  }

  #isLess(a: number, b: number): boolean {
    const left = this.#items[a];
    const right = this.#items[b];
    return left !== undefined && right !== undefined && this.#compare(left, right) < 0;
  }

  #swap(a: number, b: number): void {
    const items = this.#items;
    const left = items[a];
    const right = items[b];
    if (left === undefined || right === undefined) return;
    items[a] = right;
    items[b] = left;
  }
}

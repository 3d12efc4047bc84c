/**
 * Numbers of a range that are free, occupied (by what is stored) or held (by writes in flight). A number may be
 * occupied and held at once: a write that has just become visible holds until it settles.
 */
export class NumberPool {
  readonly first: number;
  readonly last: number;
  readonly #occupied = new Set<number>();
  readonly #held = new Set<number>();
  #next: number;

  constructor(first: number, last: number) {
    this.first = first;
    this.last = last;
    this.#next = first;
  }

  contains(number: number): boolean {
    return number >= this.first && number <= this.last;
  }

  occupy(number: number): void {
    this.#occupied.add(number);
  }

  release(number: number): void {
    this.#occupied.delete(number);
  }

  /** False where the number is taken. */
  hold(number: number): boolean {
    if (this.#isTaken(number)) return false;
    this.#held.add(number);
    return true;
  }

  /**
   * A free number, held; undefined where there is none. Goes round, so that a number just given back is not given out
   * again while others still remember what it meant.
   */
  holdAny(): number | undefined {
    const size = this.last - this.first + 1;
    for (let tried = 0; tried < size; tried += 1) {
      const number = this.#next;
      this.#next = number === this.last ? this.first : number + 1;
      if (this.hold(number)) return number;
    }
    return undefined;
  }

  letGo(number: number): void {
    this.#held.delete(number);
  }

  #isTaken(number: number): boolean {
    return this.#occupied.has(number) || this.#held.has(number);
  }
}

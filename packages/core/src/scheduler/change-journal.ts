/**
 * Which slots changed, in order, so that a reader can catch up on just those. Bounded: a reader that lags too far is
 * told to look at everything.
 */
export class ChangeJournal {
  #entries: number[] = [];
  #base = 0;
  readonly #limit: number;

  constructor(limit = 32_768) {
    this.#limit = limit;
  }

  /** Where a reader stands that has seen every change. */
  get position(): number {
    return this.#base + this.#entries.length;
  }

  append(slot: number): void {
    this.#entries.push(slot);
    if (this.#entries.length <= this.#limit) return;
    const dropped = this.#limit >> 1;
    this.#entries = this.#entries.slice(dropped);
    this.#base += dropped;
  }

  /** The slots changed since `position`, possibly repeated; undefined where they are no longer known. */
  since(position: number): readonly number[] | undefined {
    if (position < this.#base) return undefined;
    return this.#entries.slice(position - this.#base);
  }
}

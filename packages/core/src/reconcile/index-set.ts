/** Whole numbers from 0 as Kubernetes writes them: `0-3,5`. Immutable. */
export class IndexSet {
  /** Sorted, neither overlapping nor touching; both ends belong. */
  readonly #ranges: readonly (readonly [first: number, last: number])[];

  private constructor(ranges: readonly (readonly [number, number])[]) {
    this.#ranges = ranges;
  }

  /** What is malformed counts for nothing; indexes of `limit` and above are left out. */
  static parse(text: string | undefined, limit = Number.POSITIVE_INFINITY): IndexSet {
    const ranges: [number, number][] = [];
    for (const part of (text ?? '').split(',')) {
      const match = /^(\d+)(?:-(\d+))?$/.exec(part.trim());
      if (!match) continue;
      const first = Number(match[1]);
      const last = Math.min(Number(match[2] ?? match[1]), limit - 1);
      if (first <= last) ranges.push([first, last]);
    }
    return new IndexSet(merged(ranges));
  }

  get size(): number {
    return this.#ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  }

  has(index: number): boolean {
    return this.#ranges.some(([first, last]) => first <= index && index <= last);
  }

  with(indexes: Iterable<number>): IndexSet {
    const added = [...indexes].map((index): [number, number] => [index, index]);
    return added.length === 0 ? this : new IndexSet(merged([...this.#ranges, ...added]));
  }

  union(other: IndexSet): IndexSet {
    return other.#ranges.length === 0 ? this : new IndexSet(merged([...this.#ranges, ...other.#ranges]));
  }

  /** How many indexes are in both. */
  countCommon(other: IndexSet): number {
    let count = 0;
    for (const [first, last] of this.#ranges) {
      for (const [start, end] of other.#ranges) count += Math.max(0, Math.min(last, end) - Math.max(first, start) + 1);
    }
    return count;
  }

  /** The lowest `count` indexes below `limit` that are not in the set and not in `others`. */
  firstMissing(count: number, limit: number, others: ReadonlySet<number>): readonly number[] {
    const found: number[] = [];
    const take = (from: number, to: number) => {
      for (let index = from; index < to && found.length < count; index += 1) if (!others.has(index)) found.push(index);
    };
    let next = 0;
    for (const [first, last] of this.#ranges) {
      take(next, Math.min(first, limit));
      next = last + 1;
    }
    take(next, limit);
    return found;
  }

  /** The inverse of {@link parse}: empty text for an empty set. */
  toString(): string {
    return this.#ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
  }
}

function merged(ranges: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  const result: [number, number][] = [];
  for (const [first, last] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const previous = result.at(-1);
    if (previous && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else result.push([first, last]);
  }
  return result;
}

/** A number that only grows. */
export interface CounterChild {
  inc(by?: number): void;
}

/** Counts how many observations fell below each bound, and adds them up. */
export interface HistogramChild {
  observe(value: number): void;
}

/** One line of the text: the labels' values in the order of the instrument's names. */
export interface Reading {
  readonly labels: readonly string[];
  readonly value: number;
  /** Milliseconds since the epoch; absent for now. */
  readonly at?: number;
  /** `_bucket`, `_sum`, `_count` of a histogram. */
  readonly suffix?: string;
  /** The last label of a bucket, `le`. */
  readonly bound?: string;
}

/** What there is to know about one metric name. */
export interface Instrument {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labelNames: readonly string[];
  read(): Iterable<Reading>;
}

export interface InstrumentOptions {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
}

/**
 * Counters by their labels. Take a child once where it is hot: counting is an addition then. The labels' values must be
 * few; nothing is ever forgotten.
 */
export class Counter implements Instrument {
  readonly type = 'counter';
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly #children = new Map<string, { readonly labels: readonly string[]; value: number } & CounterChild>();

  constructor({ name, help, labelNames = [] }: InstrumentOptions) {
    this.name = name;
    this.help = help;
    this.labelNames = labelNames;
    if (labelNames.length === 0) this.with();
  }

  with(...labels: readonly string[]): CounterChild {
    const key = labels.join('\n');
    const known = this.#children.get(key);
    if (known) return known;
    const child = {
      labels,
      value: 0,
      inc(by = 1) {
        child.value += by;
      },
    };
    this.#children.set(key, child);
    return child;
  }

  read(): Iterable<Reading> {
    return this.#children.values();
  }
}

/** Seconds that requests of an API, commits and engine calls take. */
export const latencyBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

export interface HistogramOptions extends InstrumentOptions {
  /** Upper bounds, ascending; the infinite one is added. Default {@link latencyBounds}. */
  readonly bounds?: readonly number[];
}

interface HistogramState {
  readonly labels: readonly string[];
  /** Of each bound alone, and of what is above all. */
  readonly counts: Float64Array;
  sum: number;
}

/** Histograms by their labels; the same rules as for {@link Counter}. */
export class Histogram implements Instrument {
  readonly type = 'histogram';
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly #bounds: readonly number[];
  readonly #children = new Map<string, HistogramState & HistogramChild>();

  constructor({ name, help, labelNames = [], bounds = latencyBounds }: HistogramOptions) {
    this.name = name;
    this.help = help;
    this.labelNames = labelNames;
    this.#bounds = bounds;
    if (labelNames.length === 0) this.with();
  }

  with(...labels: readonly string[]): HistogramChild {
    const key = labels.join('\n');
    const known = this.#children.get(key);
    if (known) return known;
    const bounds = this.#bounds;
    const child = {
      labels,
      counts: new Float64Array(bounds.length + 1),
      sum: 0,
      observe(value: number) {
        let index = 0;
        while (index < bounds.length && value > (bounds[index] ?? 0)) index += 1;
        child.counts[index] = (child.counts[index] ?? 0) + 1;
        child.sum += value;
      },
    };
    this.#children.set(key, child);
    return child;
  }

  *read(): Iterable<Reading> {
    for (const { labels, counts, sum } of this.#children.values()) {
      let below = 0;
      for (const [index, count] of counts.entries()) {
        below += count;
        const bound = this.#bounds[index];
        yield { labels, value: below, suffix: '_bucket', bound: bound === undefined ? '+Inf' : String(bound) };
      }
      yield { labels, value: sum, suffix: '_sum' };
      yield { labels, value: below, suffix: '_count' };
    }
  }
}

/** What is known elsewhere and read when somebody asks. */
export function readWhenAsked(
  options: InstrumentOptions & { readonly type: 'counter' | 'gauge' },
  read: () => number | Iterable<Reading>,
): Instrument {
  const { name, help, type, labelNames = [] } = options;
  return {
    name,
    help,
    type,
    labelNames,
    read() {
      const found = read();
      return typeof found === 'number' ? [{ labels: [], value: found }] : found;
    },
  };
}

/** One series of a Prometheus endpoint. */
export interface ExposedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Finite. */
  readonly value: number;
  /** Only grows, so that what it says is how fast it does. */
  readonly isCounter: boolean;
}

export interface ParseOptions {
  /** Series of other names are skipped unread. Default: all. */
  readonly wanted?: ReadonlySet<string>;
  /** Default: no bound. */
  readonly maxSamples?: number;
}

/**
 * Reads Prometheus' text format 0.0.4, and of OpenMetrics what is like it. Series without a finite value and lines that
 * make no sense are left out: one bad line must not take a whole endpoint away.
 */
export function parseExposition(text: string, options: ParseOptions = {}): ExposedSample[] {
  const { wanted, maxSamples = Number.POSITIVE_INFINITY } = options;
  const types = new Map<string, string>();
  const samples: ExposedSample[] = [];
  for (let start = 0; start < text.length && samples.length < maxSamples; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    if (text.startsWith('# TYPE ', start)) noteType(types, text.slice(start + 7, end));
    else if (text[start] !== '#') {
      const sample = readLine(text, start, end, wanted);
      if (sample) samples.push({ ...sample, isCounter: isCounter(sample.name, types) });
    }
    start = end + 1;
  }
  return samples;
}

function noteType(types: Map<string, string>, rest: string): void {
  const [name, type] = rest.trim().split(/\s+/);
  if (name && type) types.set(name, type);
}

/** By its declared type; undeclared, by the name that counters have. */
function isCounter(name: string, types: ReadonlyMap<string, string>): boolean {
  // OpenMetrics declares a counter without the suffix of its series.
  const type = types.get(name) ?? (name.endsWith('_total') ? types.get(name.slice(0, -'_total'.length)) : undefined);
  if (type !== undefined && type !== 'untyped' && type !== 'unknown') return type === 'counter';
  const [, base] = /^(.+)_(?:bucket|count|sum)$/.exec(name) ?? [];
  const parent = base === undefined ? undefined : types.get(base);
  if (parent === 'histogram' || parent === 'summary') return true;
  return name.endsWith('_total');
}

const nameEnd = /[{\s]/g;

function readLine(
  text: string,
  start: number,
  end: number,
  wanted: ReadonlySet<string> | undefined,
): Omit<ExposedSample, 'isCounter'> | undefined {
  nameEnd.lastIndex = start;
  const after = nameEnd.exec(text)?.index ?? end;
  if (after >= end) return undefined;
  const name = text.slice(start, after);
  if (!/^[a-zA-Z_:]/.test(name) || (wanted && !wanted.has(name))) return undefined;
  const labels: Record<string, string> = {};
  const valueAt = text[after] === '{' ? readLabels(text, after + 1, end, labels) : after;
  if (valueAt === undefined) return undefined;
  const [value = ''] = text.slice(valueAt, end).trimStart().split(/\s/, 1);
  const number = value === '' ? Number.NaN : Number(value);
  return Number.isFinite(number) ? { name, labels, value: number } : undefined;
}

/** Fills `labels`; where the value begins, undefined where the labels do not end. */
function readLabels(text: string, from: number, end: number, labels: Record<string, string>): number | undefined {
  let at = from;
  while (at < end) {
    while (text[at] === ' ' || text[at] === ',' || text[at] === '\t') at += 1;
    if (text[at] === '}') return at + 1;
    const equals = text.indexOf('=', at);
    if (equals < 0 || equals >= end) return undefined;
    const open = text.indexOf('"', equals);
    if (open < 0 || open >= end) return undefined;
    let close = open + 1;
    while (close < end && text[close] !== '"') close += text[close] === '\\' ? 2 : 1;
    if (close >= end) return undefined;
    labels[text.slice(at, equals).trim()] = unescaped(text.slice(open + 1, close));
    at = close + 1;
  }
  return undefined;
}

function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
}

/** One line of a chart. */
export interface ChartSeries {
  readonly name: string;
  /** One value a point, null where nothing is known. */
  readonly values: readonly (number | null)[];
  /** `main` and `second` are measured; `request` and `limit` are what they are held against, drawn dashed. */
  readonly role: 'main' | 'second' | 'request' | 'limit';
  /** Holds until the next point instead of sloping there: counts of replicas. */
  readonly isStepped?: boolean;
}

export interface ChartData {
  readonly title: string;
  /** Seconds since the epoch, ascending. */
  readonly times: readonly number[];
  readonly series: readonly ChartSeries[];
  readonly format: (value: number) => string;
}

/** What a measured line says in numbers; undefined where it has none. */
export interface SeriesSummary {
  readonly now: number | undefined;
  readonly mean: number;
  readonly most: number;
}

export function summarizeSeries({ values }: ChartSeries): SeriesSummary | undefined {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return undefined;
  return {
    now: values.at(-1) ?? undefined,
    mean: known.reduce((sum, value) => sum + value, 0) / known.length,
    most: known.reduce((a, b) => Math.max(a, b)),
  };
}

/** `CPU: now 120m, mean 90m, most 300m; limit 500m`: the chart for those who do not see it. */
export function chartWords({ title, series, format }: ChartData): string {
  const parts = series.map((one) => {
    const summary = summarizeSeries(one);
    if (!summary) return `${one.name}: no samples`;
    if (one.role === 'request' || one.role === 'limit') return `${one.name} ${format(summary.now ?? summary.most)}`;
    const now = summary.now === undefined ? 'no sample now' : `now ${format(summary.now)}`;
    return `${one.name}: ${now}, mean ${format(summary.mean)}, most ${format(summary.most)}`;
  });
  return `${title}. ${parts.join('; ')}`;
}

/** Rows of the chart's table, newest first, thinned evenly to at most `most`. */
export function tableRows({ times, series }: ChartData, most: number): { at: number; values: (number | null)[] }[] {
  const step = Math.max(1, Math.ceil(times.length / most));
  const rows: { at: number; values: (number | null)[] }[] = [];
  for (let index = times.length - 1; index >= 0; index -= step) {
    rows.push({ at: times[index] ?? 0, values: series.map(({ values }) => values[index] ?? null) });
  }
  return rows;
}

/** The top of the vertical axis: all that is measured, and lines that are near enough not to flatten it. */
export function chartTop(series: readonly ChartSeries[]): number {
  const top = (roles: readonly string[]): number =>
    series
      .filter(({ role }) => roles.includes(role))
      .reduce((most, { values }) => values.reduce((a: number, b) => Math.max(a, b ?? 0), most), 0);
  const measured = top(['main', 'second']);
  const lines = top(['request', 'limit']);
  return (
    (lines <= measured * 4
      ? Math.max(measured, lines)
      : Math.max(measured, top(['request']) <= measured * 4 ? top(['request']) : 0)) * 1.08 || 1
  );
}

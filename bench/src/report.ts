import { readFile, writeFile } from 'node:fs/promises';

/** One line of the table: what was measured, what for, and against what. */
export interface Figure {
  readonly work: string;
  readonly value: number;
  readonly unit: string;
  /** What is promised; `max` for a ceiling, `min` for a floor. */
  readonly promise?: { readonly max: number } | { readonly min: number };
  /** The same work done by somebody else in the same run. */
  readonly rival?: { readonly name: string; readonly value: number };
  readonly note?: string;
}

/** The figures as a Markdown table. */
export function renderTable(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.work,
    `${round(figure.value)} ${figure.unit}`,
    figure.promise ? promiseText(figure) : '',
    figure.rival
      ? `${figure.rival.name}: ${round(figure.rival.value)} ${figure.unit} (${round(figure.rival.value / figure.value)} x)`
      : '',
    figure.note ?? '',
  ]);
  return [['work', 'measured', 'promised', 'in the same run', 'note'], ['---', '---', '---', '---', '---'], ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');
}

function promiseText(figure: Figure): string {
  const { promise, value, unit } = figure;
  if (!promise) return '';
  const isMax = 'max' in promise;
  const limit = isMax ? promise.max : promise.min;
  const isKept = isMax ? value <= limit : value >= limit;
  return `${isMax ? 'at most' : 'at least'} ${round(limit)} ${unit}: ${isKept ? 'kept' : '**missed**'}`;
}

function round(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}

const begin = '<!-- bench: begin -->';
const end = '<!-- bench: end -->';

/** Replaces what stands between the bench markers of a Markdown file. */
export async function writeIntoDocument(path: string, text: string): Promise<void> {
  const document = await readFile(path, 'utf8');
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${path} has no bench markers`);
  await writeFile(path, `${document.slice(0, from + begin.length)}\n${text}\n${document.slice(to)}`);
}

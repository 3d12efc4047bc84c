/** One line of the merged log. */
export interface LogEntry {
  /** RFC 3339 with nine digits of fraction: compares as text. */
  readonly time: string;
  /** Which container of which pod wrote it: an index of the session's sources; -1 for what the cluster says. */
  readonly source: number;
  readonly text: string;
  /** Not a line of a container: what happened to it, told among its lines. */
  readonly marker?: 'restart' | 'node' | 'pod';
}

/** Longer lines are cut: one container's dump must not fill the page's memory. */
const maxLineLength = 16 * 1024;

const timestamp = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d) ?/;

/** A line as the API sends it (`2026-11-21T12:00:00.5Z text`); one without a time gets `fallbackTime`. */
export function parseLogLine(line: string, fallbackTime: string): { readonly time: string; readonly text: string } {
  const found = timestamp.exec(line);
  const text = cut((found ? line.slice(found[0].length) : line).replace(/\r$/, ''));
  if (!found) return { time: fallbackTime, text };
  const [, whole = '', fraction = '', zone = 'Z'] = found;
  const seconds = zone === 'Z' ? whole : new Date(`${whole}${zone}`).toISOString().slice(0, 19);
  return { time: `${seconds}.${fraction.padEnd(9, '0')}Z`, text };
}

/** A moment, as entries have it. */
export function entryTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}000000Z`;
}

function cut(text: string): string {
  if (text.length <= maxLineLength) return text;
  return `${text.slice(0, maxLineLength)} … ${text.length - maxLineLength} more characters`;
}

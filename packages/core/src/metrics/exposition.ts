import type { Instrument, Reading } from './instruments.ts';

/** The media type of {@link writeExposition}. */
export const expositionType = 'text/plain; version=0.0.4; charset=utf-8';

/** Instruments in Prometheus' text format 0.0.4. */
export function writeExposition(instruments: Iterable<Instrument>): string {
  const lines: string[] = [];
  for (const instrument of instruments) {
    const { name, help, type, labelNames } = instrument;
    lines.push(`# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}`, `# TYPE ${name} ${type}`);
    for (const reading of instrument.read()) lines.push(lineOf(name, labelNames, reading));
  }
  return `${lines.join('\n')}\n`;
}

function lineOf(name: string, labelNames: readonly string[], reading: Reading): string {
  const { labels, value, suffix = '', bound: le, at } = reading;
  const pairs = labelNames.map((label, index) => `${label}="${escaped(labels[index] ?? '')}"`);
  if (le !== undefined) pairs.push(`le="${le}"`);
  const time = at === undefined ? '' : ` ${at}`;
  return `${name}${suffix}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${numberText(value)}${time}`;
}

function escaped(text: string): string {
  return /["\\\n]/.test(text) ? text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n') : text;
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

import type { Terminal } from './terminal.ts';

/** Rows of text under each other, the last column as long as it is. */
export function printColumns(terminal: Terminal, rows: readonly (readonly string[])[]): void {
  const [header = []] = rows;
  const widths = header.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column === row.length - 1 ? cell : cell.padEnd((widths[column] ?? 0) + 3),
    );
    terminal.line(cells.join(''));
  }
}

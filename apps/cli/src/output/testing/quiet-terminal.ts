import type { Terminal } from '../terminal.ts';

/** A terminal for tests: keeps what was printed, warnings with their prefix; progress is dropped. */
export function quietTerminal(): Terminal & { readonly lines: readonly string[] } {
  const lines: string[] = [];
  return {
    lines,
    line: (text = '') => void lines.push(text),
    progress: () => undefined,
    warn: (text) => void lines.push(`warning: ${text}`),
    bold: (text) => text,
    dim: (text) => text,
  };
}

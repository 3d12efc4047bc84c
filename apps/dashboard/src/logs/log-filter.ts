import { plainText } from './ansi.ts';
import type { LogEntry } from './log-entry.ts';

export interface LogFilter {
  matches(entry: LogEntry): boolean;
  /** What is wrong with the pattern, which is then looked for as plain text. */
  readonly problem?: string;
}

/** A filter by regular expression, in any case of letters; markers always pass, as they explain the lines around them. */
export function createLogFilter(pattern: string, isMuted: (source: number) => boolean): LogFilter {
  const { test, problem } = compile(pattern);
  return {
    matches: (entry) => (entry.source < 0 ? true : !isMuted(entry.source) && test(plainText(entry.text))),
    ...(problem === undefined ? {} : { problem }),
  };
}

function compile(pattern: string): { readonly test: (text: string) => boolean; readonly problem?: string } {
  if (pattern === '') return { test: () => true };
  try {
    const expression = new RegExp(pattern, 'i');
    return { test: (text) => expression.test(text) };
  } catch (error) {
    const lower = pattern.toLowerCase();
    const problem = error instanceof SyntaxError ? error.message : String(error);
    return { test: (text) => text.toLowerCase().includes(lower), problem };
  }
}

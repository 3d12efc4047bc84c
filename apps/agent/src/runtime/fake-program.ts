/** What a fake container does. */
export interface FakeProgram {
  readonly exists: boolean;
  readonly output: readonly string[];
  /** Undefined where it runs until it is stopped. */
  readonly exitCode: number | undefined;
  /** Copies its input to its output, and ends with it. */
  readonly isCat?: boolean;
}

/**
 * Understands `/bin/sh -c` scripts of `echo WORDS`, `exit N`, `true` and `false`, `/bin/cat` and `/bin/sleep`; whatever lies under
 * `/no/` does not exist; anything else runs until it is stopped.
 */
export function parseProgram(command: readonly string[]): FakeProgram {
  const [path = '', flag, script] = command;
  if (path.startsWith('/no/')) return { exists: false, output: [], exitCode: undefined };
  const output: string[] = [];
  if (path.endsWith('/cat')) return { exists: true, output, exitCode: undefined, isCat: true };
  if (!path.endsWith('/sh') || flag !== '-c' || script === undefined)
    return { exists: true, output, exitCode: undefined };
  for (const statement of script.split(';').map((text) => text.trim())) {
    const [verb = '', ...words] = statement.split(/\s+/);
    if (verb === 'echo') output.push(words.filter((word) => word !== '>&2').join(' '));
    else if (verb === 'exit') return { exists: true, output, exitCode: Number(words[0] ?? 0) };
    else if (verb === 'false') return { exists: true, output, exitCode: 1 };
    else if (verb !== 'true') return { exists: true, output, exitCode: undefined };
  }
  return { exists: true, output, exitCode: 0 };
}

/**
 * Where a logger writes its lines (pino's destination). A line that cannot be written is dropped: pino's own destination
 * tries again without end where a disk is full, and the whole process stands still. Once lines can be written again, one
 * says how many are missing.
 *
 * `write` writes a line as a whole or throws, as `fs.writeSync` does.
 */
export function lossyLogDestination(write: (line: string) => void): { write(line: string): void } {
  let lost = 0;
  const tryWrite = (line: string): boolean => {
    try {
      write(line);
      return true;
    } catch {
      // Full, or nobody reads any more: there is no other place to say so.
      return false;
    }
  };
  return {
    write(line) {
      if (lost > 0 && tryWrite(`${JSON.stringify({ level: 40, lost, msg: 'log lines could not be written' })}\n`))
        lost = 0;
      if (!tryWrite(line)) lost += 1;
    },
  };
}

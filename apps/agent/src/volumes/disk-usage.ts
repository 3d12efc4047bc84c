import { execFile } from 'node:child_process';

const timeoutMs = 60_000;
const maxOutputBytes = 4 * 1024 * 1024;

/**
 * Bytes that directories take on disk, as `du` counts them: whole blocks, what is linked twice once, nothing of other
 * file systems mounted below. One process for all of them; a directory that vanishes meanwhile is left out.
 */
export async function measureDirectories(paths: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const bytes = new Map<string, number>();
  if (paths.length === 0) return bytes;
  for (const line of (await runDu(paths)).split('\n')) {
    const tab = line.indexOf('\t');
    if (tab > 0) bytes.set(line.slice(tab + 1), Number(line.slice(0, tab)) * 1024);
  }
  return bytes;
}

/** du says by its exit code that something vanished while it looked: what it printed holds nevertheless. */
function runDu(paths: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout: timeoutMs, maxBuffer: maxOutputBytes };
    execFile('du', ['-skx', '--', ...paths], options, (error, stdout) => {
      if (error && typeof error.code !== 'number') reject(error);
      else resolve(stdout);
    });
  });
}

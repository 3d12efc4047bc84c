import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The shared libraries, with the loader, that a program of this machine links; none for a static one. */
export async function sharedLibrariesOf(program: string): Promise<string[]> {
  try {
    const { stdout } = await run('ldd', [program]);
    // `libc.so.6 => /lib/… (0x…)` and `/lib64/ld-linux-x86-64.so.2 (0x…)`; the vdso has no path.
    return stdout.split('\n').flatMap((line) => /(?:=> |^\s+)(\/\S+) \(0x/.exec(line)?.[1] ?? []);
  } catch {
    // ldd says "not a dynamic executable" with exit code 1.
    return [];
  }
}

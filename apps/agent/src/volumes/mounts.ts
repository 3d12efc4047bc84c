import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Mount points at or below the path, deepest first. Empty where there is no /proc. */
export async function mountPointsUnder(path: string): Promise<string[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  return table
    .split('\n')
    .map((line) => unescapePath(line.split(' ')[4] ?? ''))
    .filter((point) => point === path || point.startsWith(`${path}/`))
    .sort((a, b) => b.length - a.length);
}

/** Mounts a tmpfs; needs root. */
export async function mountTmpfs(path: string, options: string): Promise<void> {
  await run('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { timeout: 10_000 });
}

/** Mounts a file system of huge pages; needs root. */
export async function mountHugePages(path: string, options: string): Promise<void> {
  await run('mount', ['-t', 'hugetlbfs', '-o', options, 'hugetlbfs', path], { timeout: 10_000 });
}

/** Unmounts, lazily where something still uses it. */
export async function unmount(path: string): Promise<void> {
  await run('umount', ['-l', path], { timeout: 10_000 });
}

/** Unmounts everything at or below the path. */
export async function unmountAllUnder(path: string): Promise<void> {
  for (const point of await mountPointsUnder(path)) await unmount(point);
}

/** mountinfo writes space, tab, newline and backslash in octal. */
function unescapePath(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

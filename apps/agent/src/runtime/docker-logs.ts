import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Bytes of a container's log and of its older parts; 0 where the engine's files cannot be seen from here. */
export async function logBytes(path: string): Promise<number> {
  if (path === '') return 0;
  const directory = dirname(path);
  const names = await readdir(directory).catch(() => []);
  const sizes = names
    .filter((name) => name.startsWith(basename(path)))
    .map((name) =>
      stat(join(directory, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

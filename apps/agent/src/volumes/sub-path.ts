import { chmod, mkdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The real path of a subPath inside a volume, created where it is missing and the volume is writable.
 * Throws where a link inside the volume leads out of it.
 */
export async function resolveSubPath(volumePath: string, subPath: string, canCreate: boolean): Promise<string> {
  if (subPath.startsWith('/') || subPath.split('/').includes('..')) {
    throw new Error(`subPath "${subPath}" must be a relative path without ..`);
  }
  const root = await realpath(volumePath);
  const path = join(root, subPath);
  const found = await realpath(path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' || !canCreate) throw error;
    await createInside(root, subPath);
    return realpath(path);
  });
  if (found !== root && !found.startsWith(`${root}/`)) throw new Error(`subPath "${subPath}" leads out of the volume`);
  return found;
}

/** Creates one directory after the other, so that a link planted by a container is never followed outside. */
async function createInside(root: string, subPath: string): Promise<void> {
  let current = root;
  const { mode } = await stat(root);
  for (const part of subPath.split('/').filter((text) => text !== '' && text !== '.')) {
    const next = join(current, part);
    const isNew = await mkdir(next).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
        return false;
      },
    );
    current = await realpath(next);
    if (current !== root && !current.startsWith(`${root}/`)) {
      throw new Error(`subPath "${subPath}" leads out of the volume`);
    }
    // Who may write the volume may write its parts.
    if (isNew) await chmod(current, mode & 0o7777);
  }
}

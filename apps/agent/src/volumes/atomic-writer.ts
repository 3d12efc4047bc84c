import { chmod, lstat, mkdir, readdir, readlink, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';

export interface PayloadFile {
  readonly data: Uint8Array;
  readonly mode: number;
}

/** File contents by path relative to the volume. */
export type Payload = ReadonlyMap<string, PayloadFile>;

const dataLink = '..data';

/**
 * Writes the files of a ConfigMap, Secret or downward API volume the way Kubernetes does: all of them into a fresh
 * directory, `..data` then points to it in one step, and every visible name is a link through `..data`. A reader sees
 * either the old files or the new ones. May be repeated; what is no longer in the payload goes.
 */
export async function writeAtomically(directory: string, payload: Payload, version: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const previous = await readlink(join(directory, dataLink)).catch(() => undefined);
  const fresh = `..${version}`;
  await rm(join(directory, fresh), { recursive: true, force: true });
  for (const [path, file] of payload) await writeOne(join(directory, fresh, checked(path)), file);
  if (payload.size === 0) await mkdir(join(directory, fresh), { recursive: true });
  await symlink(fresh, join(directory, `${dataLink}_tmp`)).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    await unlink(join(directory, `${dataLink}_tmp`));
    await symlink(fresh, join(directory, `${dataLink}_tmp`));
  });
  await rename(join(directory, `${dataLink}_tmp`), join(directory, dataLink));
  await linkNames(directory, new Set([...payload.keys()].map((path) => checked(path).split('/')[0] ?? '')));
  if (previous && previous !== fresh) await rm(join(directory, previous), { recursive: true, force: true });
}

async function writeOne(path: string, file: PayloadFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, file.data);
  // Not by writeFile's mode, which the umask would cut.
  await chmod(path, file.mode);
}

async function linkNames(directory: string, names: ReadonlySet<string>): Promise<void> {
  for (const name of names) {
    const link = join(directory, name);
    const isThere = await lstat(link).then(
      () => true,
      () => false,
    );
    if (!isThere) await symlink(`${dataLink}/${name}`, link);
  }
  for (const name of await readdir(directory)) {
    if (!name.startsWith('..') && !names.has(name)) await rm(join(directory, name), { force: true });
  }
}

/** The API refuses such paths; this is the last line before the file system. */
function checked(path: string): string {
  const clean = normalize(path);
  if (clean.startsWith('/') || clean.split('/').includes('..')) throw new Error(`the path ${path} leaves the volume`);
  return clean;
}

import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readlink,
  rename,
  rm,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';

export interface PayloadFile {
  readonly data: Uint8Array;
  readonly mode: number;
  /** Who owns it; root where undefined. */
  readonly uid?: number;
}

/** File contents by path relative to the volume. */
export type Payload = ReadonlyMap<string, PayloadFile>;

const dataLink = '..data';

/**
 * Writes the files of a ConfigMap, Secret or downward API volume the way Kubernetes does: all of them into a fresh
 * directory, `..data` then points to it in one step, and every visible name is a link through `..data`. A reader sees
 * either the old files or the new ones. May be repeated: nothing happens where `version` is what is there. Directories
 * of earlier versions stay for those who are just reading them, see {@link removeOldVersions}.
 * `finish` is called with the fresh directory before anybody sees it. True where the visible files changed.
 */
export async function writeAtomically(
  directory: string,
  payload: Payload,
  version: string,
  finish: (freshDirectory: string) => Promise<void> = async () => undefined,
): Promise<boolean> {
  await mkdir(directory, { recursive: true });
  const names = new Set([...payload.keys()].map((path) => checked(path).split('/')[0] ?? ''));
  const fresh = `..${version}`;
  if ((await currentVersion(directory)) === fresh) {
    await linkNames(directory, names);
    return false;
  }
  // What is there under this name was left half written by an agent that was killed, or is an old version.
  await rm(join(directory, fresh), { recursive: true, force: true });
  await mkdir(join(directory, fresh), { recursive: true });
  for (const [path, file] of payload) await writeOne(join(directory, fresh, checked(path)), file);
  await finish(join(directory, fresh));
  await pointTo(directory, fresh);
  await linkNames(directory, names);
  return true;
}

/** Removes the directories of all versions but the present one. */
export async function removeOldVersions(directory: string): Promise<void> {
  const current = await currentVersion(directory);
  for (const name of await readdir(directory).catch(() => [])) {
    if (!name.startsWith('..') || name === dataLink || name === current) continue;
    await rm(join(directory, name), { recursive: true, force: true });
  }
}

async function currentVersion(directory: string): Promise<string | undefined> {
  // There is no link before the first version.
  return readlink(join(directory, dataLink)).catch(() => undefined);
}

async function pointTo(directory: string, fresh: string): Promise<void> {
  const temporary = join(directory, `${dataLink}_tmp`);
  await symlink(fresh, temporary).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    await unlink(temporary);
    await symlink(fresh, temporary);
  });
  await rename(temporary, join(directory, dataLink));
}

async function writeOne(path: string, file: PayloadFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, file.data);
  // Not by writeFile's mode, which the umask would cut.
  await chmod(path, file.mode);
  if (file.uid !== undefined) await chown(path, file.uid, 0);
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

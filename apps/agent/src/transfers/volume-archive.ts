import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, lchown, lstat, mkdir, open, readdir, readlink, realpath, symlink, utimes } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ApiError } from '@gantry/api-types';
import type { VolumeDataAnswer } from '@gantry/api-types/protocol';
import { extract, type Pack, pack } from 'tar-stream';

type EntryHeader = Parameters<Pack['entry']>[0];

/**
 * A directory's files as a tar archive, with owners, modes, times and symbolic links. It is read while others may
 * write: each file is as it was when its turn came. Sockets and device files are left out.
 */
export function packDirectory(directory: string): Readable {
  const archive = pack();
  packTree(archive, directory, '.').then(
    () => archive.finalize(),
    (error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  // Of streamx, which lacks some of what users of Node's streams rely on.
  const out = new PassThrough();
  pipeline(archive as unknown as Readable, out).catch(() => undefined);
  return out;
}

async function packTree(archive: Pack, root: string, name: string): Promise<void> {
  const path = join(root, name);
  const stats = await lstat(path).catch(() => undefined);
  // Removed meanwhile.
  if (!stats) return;
  const { mode, uid, gid, mtime } = stats;
  const header = { name, mode: mode & 0o7777, uid, gid, mtime };
  if (stats.isSymbolicLink()) {
    await addEntry(archive, { ...header, type: 'symlink', linkname: await readlink(path) });
  } else if (stats.isDirectory()) {
    await addEntry(archive, { ...header, type: 'directory' });
    for (const child of (await readdir(path)).toSorted()) await packTree(archive, root, join(name, child));
  } else if (stats.isFile()) await packFile(archive, path, header);
}

function addEntry(archive: Pack, header: EntryHeader): Promise<void> {
  return new Promise((done, reject) => {
    archive.entry(header, (error) => (error ? reject(error) : done(undefined)));
  });
}

/** As many bytes as the header says, whatever happens to the file meanwhile. */
async function packFile(archive: Pack, path: string, header: EntryHeader): Promise<void> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  const { promise, resolve: done, reject } = Promise.withResolvers<unknown>();
  const entry = archive.entry({ ...header, type: 'file', size }, (error) => (error ? reject(error) : done(undefined)));
  const write = (chunk: Buffer) =>
    new Promise<void>((next) => {
      if (entry.write(chunk)) next();
      else entry.once('drain', () => next());
    });
  let left = size;
  if (size > 0) {
    for await (const chunk of createReadStream(path, { fd: file.fd, autoClose: false, end: size - 1 })) {
      await write(chunk as Buffer);
      left -= (chunk as Buffer).byteLength;
    }
  }
  for (; left > 0; left -= Math.min(left, 65_536)) await write(Buffer.alloc(Math.min(left, 65_536)));
  entry.end(undefined);
  await promise;
}

/** Fills an empty directory from an archive. Throws `ApiError` Conflict where there are files in it already. */
export async function unpackDirectory(archive: Readable, directory: string): Promise<VolumeDataAnswer> {
  await mkdir(directory, { recursive: true });
  const present = await readdir(directory);
  if (present.length > 0) {
    throw new ApiError(
      'Conflict',
      `the volume has ${present.length} files already, which a restore does not overwrite`,
    );
  }
  const root = await realpath(directory);
  const directories: { path: string; header: EntryHeader }[] = [];
  const counts = { files: 0, bytes: 0 };
  const entries = extract();
  entries.on('entry', (header, content, next) => {
    unpackEntry(root, header, content as unknown as Readable).then(
      (path) => {
        if (header.type === 'directory') directories.push({ path, header });
        if (header.type === 'file') {
          counts.files += 1;
          counts.bytes += header.size ?? 0;
        }
        content.resume();
        next();
      },
      (error: unknown) => entries.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  });
  await pipeline(archive, entries);
  // Last and inside out: a directory's time changes with its files, and its mode may forbid to add any.
  for (const { path, header } of directories.toReversed()) await setAttributes(path, header);
  return counts;
}

async function unpackEntry(root: string, header: EntryHeader, content: Readable): Promise<string> {
  const path = await placeIn(root, header.name);
  if (header.type === 'directory') {
    await mkdir(path, { recursive: true });
  } else if (header.type === 'symlink') {
    await symlink(header.linkname ?? '', path);
    await lchown(path, header.uid ?? 0, header.gid ?? 0);
  } else if (header.type === 'file') {
    await pipeline(content, createWriteStream(path, { flags: 'wx' }));
    await setAttributes(path, header);
  }
  return path;
}

/** The path of an entry; refuses one that would lie elsewhere, be it by a link of the same archive. */
async function placeIn(root: string, name: string): Promise<string> {
  const path = resolve(root, name);
  if (path === root) return path;
  const parent = await realpath(dirname(path)).catch(() => undefined);
  const isInside =
    parent !== undefined && !relative(root, parent).startsWith('..') && !relative(root, path).startsWith('..');
  if (isInside) return path;
  throw new ApiError('BadRequest', `the archive has an entry outside of the volume: ${name}`);
}

async function setAttributes(path: string, { uid, gid, mode, mtime }: EntryHeader): Promise<void> {
  await lchown(path, uid ?? 0, gid ?? 0);
  await chmod(path, mode ?? 0o644);
  if (mtime) await utimes(path, mtime, mtime);
}

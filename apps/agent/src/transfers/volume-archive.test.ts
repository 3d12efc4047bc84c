import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { copyStream } from '@gantry/core/streams/copy-stream';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { packDirectory, unpackDirectory } from './volume-archive.ts';

let from: string;
let to: string;

beforeEach(async () => {
  from = await mkdtemp(join(tmpdir(), 'gantry-volume-'));
  to = await mkdtemp(join(tmpdir(), 'gantry-volume-'));
});

afterEach(async () => {
  for (const directory of [from, to]) await rm(directory, { recursive: true, force: true });
});

it('carries files, directories and links with their modes and times', async () => {
  const time = new Date('2020-01-02T03:04:05Z');
  await mkdir(join(from, 'deep/er'), { recursive: true });
  await writeFile(join(from, 'deep/er/data'), Buffer.alloc(300_000, 'x'));
  await writeFile(join(from, 'empty'), '');
  await writeFile(join(from, 'script'), '#!/bin/sh\n');
  await chmod(join(from, 'script'), 0o750);
  await utimes(join(from, 'script'), time, time);
  await symlink('script', join(from, 'link'));
  await chmod(join(from, 'deep'), 0o500);
  // As a stream of the session carries it.
  const carried = new PassThrough();
  const copied = copyStream(packDirectory(from), carried);
  expect(await unpackDirectory(carried, to)).toEqual({ files: 3, bytes: 300_010 });
  await copied;
  expect((await readdir(to, { recursive: true })).toSorted()).toEqual(
    (await readdir(from, { recursive: true })).toSorted(),
  );
  expect((await readFile(join(to, 'deep/er/data'))).equals(Buffer.alloc(300_000, 'x'))).toBe(true);
  expect(await readlink(join(to, 'link'))).toBe('script');
  expect(await lstat(join(to, 'script'))).toMatchObject({ mode: 0o100750, mtime: time });
  expect((await lstat(join(to, 'deep'))).mode & 0o777).toBe(0o500);
});

it('does not touch a volume that has files', async () => {
  await writeFile(join(from, 'a'), 'old');
  await writeFile(join(to, 'a'), 'new');
  await expect(unpackDirectory(packDirectory(from), to)).rejects.toMatchObject({ reason: 'Conflict' });
  expect(await readFile(join(to, 'a'), 'utf8')).toBe('new');
});

it('writes nothing outside of the volume', async () => {
  for (const name of ['../out', '/etc/out', 'link/out']) {
    const target = await mkdtemp(join(tmpdir(), 'gantry-volume-'));
    const archive = pack();
    archive.entry({ name: 'link', type: 'symlink', linkname: tmpdir() });
    archive.entry({ name }, 'x');
    archive.finalize();
    await expect(unpackDirectory(archive as unknown as Readable, target)).rejects.toMatchObject({
      reason: 'BadRequest',
    });
    await rm(target, { recursive: true });
  }
});

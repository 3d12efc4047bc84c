import { mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { removeOldVersions, writeAtomically } from './atomic-writer.ts';

const file = (text: string, mode = 0o644) => ({ data: Buffer.from(text), mode });

async function temporary(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'gantry-volume-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

it('shows files through links, with their modes', async () => {
  await using directory = await temporary();
  const { path } = directory;
  await writeAtomically(
    path,
    new Map([
      ['a', file('1')],
      ['deep/b', file('2', 0o400)],
    ]),
    'one',
  );
  expect(await readFile(join(path, 'a'), 'utf8')).toBe('1');
  expect(await readFile(join(path, 'deep/b'), 'utf8')).toBe('2');
  expect((await stat(join(path, 'deep/b'))).mode & 0o777).toBe(0o400);
  expect(await readlink(join(path, '..data'))).toBe('..one');
  expect(await readlink(join(path, 'deep'))).toBe('..data/deep');
});

it('replaces everything in one step and drops what is gone', async () => {
  await using directory = await temporary();
  const { path } = directory;
  await writeAtomically(
    path,
    new Map([
      ['a', file('1')],
      ['b', file('2')],
    ]),
    'one',
  );
  await writeAtomically(path, new Map([['a', file('3')]]), 'two');
  expect((await readdir(path)).toSorted()).toEqual(['..data', '..one', '..two', 'a']);
  await removeOldVersions(path);
  expect((await readdir(path)).toSorted()).toEqual(['..data', '..two', 'a']);
  expect(await readFile(join(path, 'a'), 'utf8')).toBe('3');
});

it('may be repeated, and knows empty volumes', async () => {
  await using directory = await temporary();
  const { path } = directory;
  for (let times = 0; times < 2; times += 1) await writeAtomically(path, new Map([['a', file('1')]]), 'one');
  expect(await readFile(join(path, 'a'), 'utf8')).toBe('1');
  expect(await writeAtomically(path, new Map(), 'two')).toBe(true);
  expect(await writeAtomically(path, new Map(), 'two')).toBe(false);
  await removeOldVersions(path);
  expect((await readdir(path)).toSorted()).toEqual(['..data', '..two']);
});

it.each(['../out', '/etc/passwd', 'a/../../b'])('refuses the path %s', async (name) => {
  await using directory = await temporary();
  await expect(writeAtomically(directory.path, new Map([[name, file('x')]]), 'one')).rejects.toThrow(
    /leaves the volume/,
  );
});

it('never shows a reader a half-written or mixed state', async () => {
  await using directory = await temporary();
  const { path } = directory;
  const names = Array.from({ length: 8 }, (_, index) => `key-${index}`);
  const write = (version: number) =>
    writeAtomically(path, new Map(names.map((name) => [name, file(`${version}`.repeat(5_000))])), `v${version}`);
  await write(0);
  let isDone = false;
  const read = async () => {
    let reads = 0;
    while (!isDone) {
      // All files of one version, as a program reads them that opens the directory once.
      const texts = await Promise.all(
        (await readdir(join(path, await readlink(join(path, '..data'))))).map((name) =>
          readFile(join(path, name), 'utf8'),
        ),
      );
      expect(texts).toHaveLength(names.length);
      for (const text of texts) expect(text).toBe((text[0] ?? '').repeat(5_000));
      reads += 1;
    }
    return reads;
  };
  const reading = read();
  for (let version = 1; version <= 9; version += 1) await write(version);
  isDone = true;
  expect(await reading).toBeGreaterThan(1);
});

it('finishes the files before anybody sees them', async () => {
  await using directory = await temporary();
  const { path } = directory;
  await writeAtomically(path, new Map([['a', file('1')]]), 'one');
  const failing = writeAtomically(path, new Map([['a', file('2')]]), 'two', () => Promise.reject(new Error('no')));
  await expect(failing).rejects.toThrow('no');
  expect(await readFile(join(path, 'a'), 'utf8')).toBe('1');
  await writeAtomically(path, new Map([['a', file('2')]]), 'two');
  expect(await readFile(join(path, 'a'), 'utf8')).toBe('2');
});

import { mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeAtomically } from './atomic-writer.ts';

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
  expect((await readdir(path)).toSorted()).toEqual(['..data', '..two', 'a']);
  expect(await readFile(join(path, 'a'), 'utf8')).toBe('3');
});

it('may be repeated, and knows empty volumes', async () => {
  await using directory = await temporary();
  const { path } = directory;
  for (let times = 0; times < 2; times += 1) await writeAtomically(path, new Map([['a', file('1')]]), 'one');
  expect(await readFile(join(path, 'a'), 'utf8')).toBe('1');
  await writeAtomically(path, new Map(), 'two');
  expect((await readdir(path)).toSorted()).toEqual(['..data', '..two']);
});

it.each(['../out', '/etc/passwd', 'a/../../b'])('refuses the path %s', async (name) => {
  await using directory = await temporary();
  await expect(writeAtomically(directory.path, new Map([[name, file('x')]]), 'one')).rejects.toThrow(
    /leaves the volume/,
  );
});

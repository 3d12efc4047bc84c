import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { kernelTree } from '../testing/kernel-tree.ts';
import { KernelFiles, kernelFile } from './kernel-files.ts';

it('reads what a file says now, again and again', async () => {
  await using tree = await kernelTree();
  await tree.write({ a: 'one' });
  const files = new KernelFiles();
  const file = kernelFile(join(tree.root, 'a'));
  expect(files.read(file)).toBe('one');
  await writeFile(file.path, 'three');
  expect(files.read(file)).toBe('three');
  files.close(file);
  expect(files.read(file)).toBe('three');
  files.close(file);
});

it('reads long files whole', async () => {
  await using tree = await kernelTree();
  const text = `${'0123456789'.repeat(5_000)}end`;
  await tree.write({ a: text });
  const files = new KernelFiles();
  for (const isList of [false, true]) {
    const file = kernelFile(join(tree.root, 'a'), isList);
    expect(files.read(file)).toBe(text);
    files.close(file);
  }
});

it('has nothing of a file that is not there, for good', async () => {
  await using tree = await kernelTree();
  const files = new KernelFiles();
  const file = kernelFile(join(tree.root, 'a'));
  expect(files.read(file)).toBeUndefined();
  await tree.write({ a: 'late' });
  expect(files.read(file)).toBeUndefined();
});

it('reads lists of the kernel, which come in pieces', () => {
  const files = new KernelFiles();
  const file = kernelFile('/proc/net/dev', true);
  expect(files.read(file)).toMatch(/^Inter-[\s\S]+lo:[\s\S]+\n$/);
  files.close(file);
});

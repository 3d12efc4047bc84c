import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { kernelTree } from '../testing/kernel-tree.ts';
import type { CgroupLayout } from './cgroup-paths.ts';
import { readHugePages, writeHugePageLimits } from './huge-pages.ts';

const mebi = 1024 * 1024;
const pages = {
  'pages/hugepages-2048kB/nr_hugepages': '8\n',
  'pages/hugepages-1048576kB/nr_hugepages': '0\n',
};

function layoutOf(root: string, version: 1 | 2, driver = 'cgroupfs'): CgroupLayout {
  return { version, driver, root: join(root, 'cgroup') };
}

it.each([
  [1, { 'cgroup/hugetlb/hugetlb.2MB.limit_in_bytes': '' }],
  [2, { 'cgroup/cgroup.controllers': 'cpu io memory hugetlb pids\n' }],
] as const)('finds the huge pages of a host whose cgroups v%i limit them', async (version, controller) => {
  await using tree = await kernelTree();
  await tree.write({ ...pages, ...controller });
  const found = await readHugePages(layoutOf(tree.root, version), join(tree.root, 'pages'));
  expect(found).toEqual(
    new Map([
      [2 * mebi, 16 * mebi],
      [1024 * mebi, 0],
    ]),
  );
});

it.each([
  ['the kernel has no controller for them', 1, 'cgroupfs', {}],
  ['the one of v2 is not there', 2, 'cgroupfs', { 'cgroup/cgroup.controllers': 'cpu memory pids\n' }],
  ['pods have no cgroup of their own', 2, 'systemd', { 'cgroup/cgroup.controllers': 'hugetlb\n' }],
] as const)('finds none where %s: nobody could hold pods to their limits', async (_, version, driver, files) => {
  await using tree = await kernelTree();
  await tree.write({ ...pages, ...files });
  expect(await readHugePages(layoutOf(tree.root, version, driver), join(tree.root, 'pages'))).toEqual(new Map());
});

it('finds none where the host has none', async () => {
  await using tree = await kernelTree();
  await tree.write({ 'cgroup/cgroup.controllers': 'hugetlb\n' });
  expect(await readHugePages(layoutOf(tree.root, 2), join(tree.root, 'pages'))).toEqual(new Map());
});

it('limits a pod to what it asks for, and to none of the sizes that it does not ask for', async () => {
  await using tree = await kernelTree();
  const sizes = [2 * mebi, 1024 * mebi];
  const files = (end: string, names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [`hugetlb.${name}.${end}`, '']));
  const write = (root: string, all: Record<string, string>) =>
    tree.write(Object.fromEntries(Object.entries(all).map(([name, text]) => [`${root}/${name}`, text])));
  const read = (path: string) => readFile(join(tree.root, 'cgroup', path), 'utf8');
  await write('cgroup/hugetlb/p', files('limit_in_bytes', ['2MB', '2MB.rsvd', '1GB']));
  await writeHugePageLimits(layoutOf(tree.root, 1), '/p', sizes, new Map([[2 * mebi, 4 * mebi]]));
  expect(await read('hugetlb/p/hugetlb.2MB.limit_in_bytes')).toBe('4194304');
  expect(await read('hugetlb/p/hugetlb.2MB.rsvd.limit_in_bytes')).toBe('4194304');
  expect(await read('hugetlb/p/hugetlb.1GB.limit_in_bytes')).toBe('0');
  await write('cgroup/q', files('max', ['2MB', '1GB']));
  await writeHugePageLimits(layoutOf(tree.root, 2), '/q', sizes, new Map([[1024 * mebi, 2048 * mebi]]));
  expect(await read('q/hugetlb.2MB.max')).toBe('0');
  expect(await read('q/hugetlb.1GB.max')).toBe('2147483648');
  // A kernel that counts no reservations has no such file, and is given none.
  await expect(read('q/hugetlb.1GB.rsvd.max')).rejects.toThrow('ENOENT');
});

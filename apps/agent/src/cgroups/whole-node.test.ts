import { expect, it } from 'vitest';
import { kernelTree } from '../testing/kernel-tree.ts';
import { KernelFiles } from './kernel-files.ts';
import { createWholeNodeReader } from './whole-node.ts';

const layout = { version: 1, driver: 'cgroupfs', root: '/nowhere' } as const;

it('reads the cpu and memory of a host, without what was idle, waited for a disk or was taken by a hypervisor', async () => {
  await using files = await kernelTree();
  await files.write({
    stat: 'cpu  100 20 30 5000 700 8 9 50 3 0\ncpu0 1 1 1 1 1 1 1 1 0 0\nintr 1\n',
    meminfo: 'MemTotal:        1000 kB\nMemFree:          100 kB\nMemAvailable:     400 kB\n',
  });
  const read = createWholeNodeReader(new KernelFiles(), layout, { type: 'host', procRoot: files.root });
  expect(read()).toEqual({ cpuMicros: 1_670_000, memoryBytes: 600 * 1024, of: 'host' });
});

it('has none where there are no such files', () => {
  const read = createWholeNodeReader(new KernelFiles(), layout, { type: 'host', procRoot: '/nowhere' });
  expect(read()).toBeUndefined();
  expect(createWholeNodeReader(new KernelFiles(), layout, { type: 'cgroup', path: () => undefined })()).toBeUndefined();
});

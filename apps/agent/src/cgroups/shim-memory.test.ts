import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@gantry/core/testing';
import { expect, it, onTestFinished } from 'vitest';
import { measureShims, ShimMemory } from './shim-memory.ts';

async function procOf(
  processes: Readonly<Record<string, readonly [command: readonly string[], pssKb?: number]>>,
): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'gantry-proc-'));
  onTestFinished(() => rm(root, { recursive: true }));
  for (const [pid, [command, pssKb]] of Object.entries(processes)) {
    await mkdir(join(root, pid));
    await writeFile(join(root, pid, 'cmdline'), `${command.join('\0')}\0`);
    if (pssKb !== undefined) await writeFile(join(root, pid, 'smaps_rollup'), `Rss:  9999 kB\nPss:   ${pssKb} kB\n`);
  }
  return root;
}

const shim = (id: string): readonly string[] => [
  '/usr/bin/containerd-shim-runc-v2',
  '-namespace',
  'moby',
  '-id',
  id,
  '-address',
  '/run/x.sock',
];

it("adds up the shims of the containers that are the node's own", async () => {
  const root = await procOf({
    10: [shim('aaa'), 4000],
    11: [shim('bbb'), 6000],
    12: [shim('other'), 50_000],
    13: [['sleep', '-id', 'aaa'], 70_000],
    14: [shim('ccc')],
    self: [shim('bbb'), 6000],
  });
  expect(await measureShims(root, new Set(['aaa', 'bbb', 'ccc']))).toEqual({
    containers: 2,
    memoryBytes: 10_000 * 1024,
  });
  expect(await measureShims(root, new Set())).toBeUndefined();
  expect(await measureShims(join(root, 'nowhere'), new Set(['aaa']))).toBeUndefined();
});

it('measures once a minute and tells what was measured last', async () => {
  const clock = new FakeClock(0);
  const shims = new ShimMemory({ clock, procRoot: await procOf({ 10: [shim('aaa'), 1000] }) });
  const ids = (): string[] => ['aaa'];
  expect(shims.latest(ids)).toBeUndefined();
  await expect.poll(() => shims.latest(ids)).toEqual({ containers: 1, memoryBytes: 1_024_000 });
});

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FakeClock } from '@gantry/core/testing';
import { expect, it } from 'vitest';
import { UsageSampler } from './usage-sampler.ts';

interface Files extends AsyncDisposable {
  readonly root: string;
  write(path: string, text: string): Promise<void>;
}

async function cgroupFiles(): Promise<Files> {
  const root = await mkdtemp(join(tmpdir(), 'gantry-cgroup-'));
  return {
    root,
    write: async (path, text) => {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

function samplerOf(version: 1 | 2, root: string, clock: FakeClock, parent?: string): UsageSampler {
  const driver = version === 1 ? 'cgroupfs' : 'systemd';
  const sources = () => [{ podUid: 'p', containerIds: ['c1'], parent }];
  return new UsageSampler({ layout: { version, driver, root }, clock, sources, pidOf: async () => undefined });
}

it('reads cgroup v1', async () => {
  await using files = await cgroupFiles();
  const clock = new FakeClock();
  const sampler = samplerOf(1, files.root, clock, '/gantry/c/n/podp');
  const write = async (nanos: number, throttled: number) => {
    await files.write('cpuacct/gantry/c/n/podp/c1/cpuacct.usage', `${nanos}\n`);
    await files.write('cpu/gantry/c/n/podp/c1/cpu.stat', `nr_periods ${throttled * 2}\nnr_throttled ${throttled}\n`);
    await files.write('memory/gantry/c/n/podp/c1/memory.usage_in_bytes', '5000\n');
    await files.write('memory/gantry/c/n/podp/c1/memory.stat', 'inactive_file 1\ntotal_inactive_file 2000\n');
  };
  await write(1_000_000_000, 0);
  expect(await sampler.sample()).toMatchObject({ cpuMilli: 0, memoryBytes: 3000 });
  clock.advance(2_000);
  await write(1_500_000_000, 10);
  const { pods } = await sampler.sample();
  expect(pods).toEqual([{ uid: 'p', cpuMilli: 250, memoryBytes: 3000, throttledRatio: 0.5 }]);
});

it('reads cgroup v2', async () => {
  await using files = await cgroupFiles();
  const clock = new FakeClock();
  const sampler = samplerOf(2, files.root, clock);
  const write = async (micros: number) => {
    const directory = 'system.slice/docker-c1.scope';
    await files.write(`${directory}/cpu.stat`, `usage_usec ${micros}\nnr_periods 0\nnr_throttled 0\n`);
    await files.write(`${directory}/memory.current`, '5000\n');
    await files.write(`${directory}/memory.stat`, 'anon 1\ninactive_file 1000\n');
  };
  await write(0);
  await sampler.sample();
  clock.advance(1_000);
  await write(100_000);
  expect(await sampler.sample()).toMatchObject({ cpuMilli: 100, memoryBytes: 4000 });
});

it('counts a container that is gone as nothing', async () => {
  await using files = await cgroupFiles();
  const sample = await samplerOf(1, files.root, new FakeClock()).sample();
  expect(sample).toMatchObject({ cpuMilli: 0, memoryBytes: 0, pods: [{ uid: 'p', cpuMilli: 0 }] });
});

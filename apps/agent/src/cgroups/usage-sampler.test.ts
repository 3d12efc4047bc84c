import { FakeClock } from '@gantry/core/testing';
import { describe, expect, it } from 'vitest';
import { kernelTree } from '../testing/kernel-tree.ts';
import { UsageSampler, type UsageSamplerOptions, type UsageSource } from './usage-sampler.ts';

const appOnly: UsageSource = { podUid: 'p', containers: [{ id: 'c1', name: 'app' }], parent: '/gantry/c/n/podp' };

function samplerOf(version: 1 | 2, root: string, options: Partial<UsageSamplerOptions> = {}) {
  const clock = new FakeClock();
  const sampler = new UsageSampler({
    layout: { version, driver: 'cgroupfs', root },
    clock,
    sources: () => [appOnly],
    pidOf: async () => undefined,
    ...options,
  });
  return { clock, sampler };
}

/** The files of cgroup v1 for a container of the pod. */
function v1Files(id: string, figures: { nanos?: number; throttled?: number; read?: number } = {}) {
  const { nanos = 0, throttled = 0, read = 0 } = figures;
  const path = `gantry/c/n/podp/${id}`;
  const perDevice = (device: string, amount: number) =>
    `${device} Read ${amount}\n${device} Write 4096\n${device} Sync 0\n${device} Async 0\n${device} Total 1\n`;
  return {
    [`cpuacct/${path}/cpuacct.usage`]: `${nanos}\n`,
    [`cpu/${path}/cpu.stat`]: `nr_periods ${throttled * 2}\nnr_throttled ${throttled}\nthrottled_time ${throttled * 5_000_000}\n`,
    [`memory/${path}/memory.usage_in_bytes`]: '5000\n',
    [`memory/${path}/memory.stat`]: 'inactive_file 1\ntotal_inactive_file 2000\n',
    [`pids/${path}/pids.current`]: '7\n',
    [`blkio/${path}/blkio.throttle.io_service_bytes_recursive`]: `${perDevice('8:0', read)}${perDevice('8:16', read)}Total 9\n`,
    [`blkio/${path}/blkio.throttle.io_serviced_recursive`]: `${perDevice('8:0', 3)}Total 3\n`,
  };
}

describe('a sample of cgroup v1', () => {
  it('has the counters of each container, and its pod’s cpu since the sample before', async () => {
    await using files = await kernelTree();
    const { clock, sampler } = samplerOf(1, files.root);
    await files.write(v1Files('c1', { nanos: 1_000_000_000 }));
    expect(await sampler.sample()).toMatchObject({ cpuMilli: 0, memoryBytes: 3000 });
    clock.advance(2_000);
    await files.write(v1Files('c1', { nanos: 1_500_000_000, throttled: 10, read: 100 }));
    const { pods } = await sampler.sample();
    expect(pods).toEqual([
      {
        uid: 'p',
        cpuMilli: 250,
        memoryBytes: 3000,
        throttledRatio: 0.5,
        containers: [
          {
            name: 'app',
            cpuMicros: 1_500_000,
            memoryBytes: 3000,
            throttledMicros: 50_000,
            pids: 7,
            readBytes: 200,
            writeBytes: 8192,
            reads: 3,
            writes: 4096,
          },
        ],
      },
    ]);
    sampler.close();
  });

  it('counts a pause container for its pod, without naming it', async () => {
    await using files = await kernelTree();
    const containers = [{ id: 'pause', name: undefined }, ...appOnly.containers];
    const { sampler } = samplerOf(1, files.root, { sources: () => [{ ...appOnly, containers }] });
    await files.write({ ...v1Files('c1'), ...v1Files('pause') });
    const [pod] = (await sampler.sample()).pods;
    expect(pod).toMatchObject({ memoryBytes: 6000, containers: [{ name: 'app', memoryBytes: 3000 }] });
    sampler.close();
  });

  it('has no block I/O and pids where the kernel counts none', async () => {
    await using files = await kernelTree();
    const { sampler } = samplerOf(1, files.root);
    const written = Object.entries(v1Files('c1')).filter(([path]) => !/^(pids|blkio)/.test(path));
    await files.write(Object.fromEntries(written));
    const [pod] = (await sampler.sample()).pods;
    expect(pod?.containers).toEqual([{ name: 'app', cpuMicros: 0, memoryBytes: 3000 }]);
    sampler.close();
  });

  it('has the node’s own cgroup as the whole node', async () => {
    await using files = await kernelTree();
    const wholeNode = { type: 'cgroup', path: () => '/gantry/c/n' } as const;
    const { clock, sampler } = samplerOf(1, files.root, { wholeNode });
    const write = (nanos: number) =>
      files.write({
        'cpuacct/gantry/c/n/cpuacct.usage': `${nanos}\n`,
        'memory/gantry/c/n/memory.usage_in_bytes': '9000\n',
        'memory/gantry/c/n/memory.stat': 'total_inactive_file 1000\n',
      });
    await write(0);
    await sampler.sample();
    clock.advance(1_000);
    await write(700_000_000);
    const { node } = await sampler.sample();
    expect(node).toEqual({ cpuMilli: 700, cpuMicros: 700_000, memoryBytes: 8000, of: 'cgroup' });
    sampler.close();
  });
});

describe('a sample of cgroup v2', () => {
  const write = (root: Awaited<ReturnType<typeof kernelTree>>, micros: number) =>
    root.write({
      'system.slice/docker-c1.scope/cpu.stat': `usage_usec ${micros}\nuser_usec 1\nnr_periods 4\nnr_throttled ${micros > 0 ? 1 : 0}\nthrottled_usec 900\n`,
      'system.slice/docker-c1.scope/memory.current': '5000\n',
      'system.slice/docker-c1.scope/memory.stat': 'anon 1\ninactive_file 1000\n',
      'system.slice/docker-c1.scope/pids.current': '2\n',
      'system.slice/docker-c1.scope/io.stat':
        '8:0 rbytes=100 wbytes=0 rios=1 wios=0 dbytes=0 dios=0\n8:16 rbytes=50 wbytes=7 rios=2 wios=1 dbytes=0 dios=0\n',
    });

  it('has the same figures from its own files', async () => {
    await using files = await kernelTree();
    const layout = { version: 2, driver: 'systemd', root: files.root } as const;
    const { clock, sampler } = samplerOf(2, files.root, { layout, sources: () => [{ ...appOnly, parent: undefined }] });
    await write(files, 0);
    await sampler.sample();
    clock.advance(1_000);
    await write(files, 100_000);
    const sample = await sampler.sample();
    expect(sample).toMatchObject({ cpuMilli: 100, memoryBytes: 4000 });
    expect(sample.pods[0]?.containers).toEqual([
      {
        name: 'app',
        cpuMicros: 100_000,
        memoryBytes: 4000,
        throttledMicros: 900,
        pids: 2,
        readBytes: 150,
        writeBytes: 7,
        reads: 3,
        writes: 1,
      },
    ]);
    expect(sample.node).toEqual({ cpuMilli: 100, cpuMicros: 100_000, memoryBytes: 4000, of: 'pods' });
    sampler.close();
  });
});

it('counts a container that is gone as nothing, and one that comes again anew', async () => {
  await using files = await kernelTree();
  const { clock, sampler } = samplerOf(1, files.root);
  const nothing = { memoryBytes: 0, pods: [{ uid: 'p', cpuMilli: 0, containers: [] }] };
  expect(await sampler.sample()).toMatchObject(nothing);
  let containers = [{ id: 'c2', name: 'app' }];
  const { sampler: other } = samplerOf(1, files.root, { clock, sources: () => [{ ...appOnly, containers }] });
  await files.write({ ...v1Files('c2'), ...v1Files('c3') });
  expect(await other.sample()).toMatchObject({ memoryBytes: 3000 });
  containers = [{ id: 'c3', name: 'app' }];
  clock.advance(2_000);
  expect(await other.sample()).toMatchObject({ memoryBytes: 3000, pods: [{ cpuMilli: 0 }] });
  sampler.close();
  other.close();
});

it('finds the cgroup of a container by its process where it is in no usual place', async () => {
  await using files = await kernelTree();
  const asked: string[] = [];
  const pidOf = async (id: string) => {
    asked.push(id);
    return process.pid;
  };
  const { sampler } = samplerOf(1, files.root, { pidOf });
  await sampler.sample();
  await sampler.sample();
  expect(asked).toEqual(['c1']);
  sampler.close();
});

import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { makePod } from '../testing/make-pod.ts';
import { execIn, inspect } from '../testing/test-engine.ts';
import { mainStatus, startTestNode } from '../testing/test-node.ts';

const mebi = 1024 * 1024;

async function limitIn(id: string, v1: string, v2: string): Promise<string | undefined> {
  const { State } = await inspect(id);
  const table = (await readFile(`/proc/${State.Pid}/cgroup`, 'utf8')).split('\n').map((line) => line.split(':'));
  const blkio = table.find(([, names = '']) => names.split(',').includes('blkio'));
  if (blkio) {
    const text = await readFile(`/sys/fs/cgroup/blkio${blkio[2]}/blkio.throttle.${v1}_device`, 'utf8');
    return /^\S+ (\d+)$/m.exec(text)?.[1];
  }
  const text = await readFile(`/sys/fs/cgroup${table[0]?.[2]}/io.max`, 'utf8');
  return new RegExp(`\\b${v2}=(\\d+)`).exec(text)?.[1];
}

async function secondsToWrite(id: string): Promise<number> {
  const before = performance.now();
  await execIn(id, 'dd', 'if=/dev/zero', 'of=/tmp/x', 'bs=256k', 'count=16', 'oflag=direct');
  return (performance.now() - before) / 1000;
}

it('limits block I/O of containers by annotations, as their cgroups and a write show', async () => {
  await using node = await startTestNode();
  const free = makePod();
  const slow = makePod({
    annotations: {
      'blkio.gantry.io/read-bps': '64Mi',
      'blkio.gantry.io/write-bps': '64Mi',
      'blkio.gantry.io/write-bps.main': '1Mi',
      'blkio.gantry.io/read-iops': '500',
      'blkio.gantry.io/write-iops': '400',
      'blkio.gantry.io/weight': '300',
    },
  });
  await node.runPod(slow);
  await node.runPod(free);
  const id = node.containerId(slow);
  expect(await limitIn(id, 'write_bps', 'wbps')).toBe(String(mebi));
  expect(await limitIn(id, 'read_bps', 'rbps')).toBe(String(64 * mebi));
  expect(await limitIn(id, 'read_iops', 'riops')).toBe('500');
  expect(await limitIn(id, 'write_iops', 'wiops')).toBe('400');
  // A kernel without weights: the engine leaves it out, and the pod has an event.
  const isWeighted = (await inspect(id)).HostConfig.BlkioWeight === 300;
  const discarded = node.api.events.filter(({ reason }) => reason === 'BlockIOLimitDiscarded');
  expect(discarded.map(({ message }) => message)).toEqual(isWeighted ? [] : [expect.stringMatching(/weight/i)]);
  // 4 MiB at 1 MiB/s: well over 2 seconds however busy the machine is, which only makes it longer.
  expect(await secondsToWrite(id)).toBeGreaterThan(2);
  expect(await limitIn(node.containerId(free), 'write_bps', 'wbps')).toBeUndefined();
});

it('does not start a pod with an annotation that is no limit, and names it', async () => {
  await using node = await startTestNode();
  const pod = makePod({ annotations: { 'blkio.gantry.io/write-bps': 'fast' } });
  node.api.putPod(pod);
  const waiting = () => mainStatus(node.api.status(pod.metadata.uid))?.state?.waiting;
  await node.api.until('it says so', () => waiting()?.reason === 'CreateContainerConfigError');
  const message = 'annotation blkio.gantry.io/write-bps: "fast" is not a quantity such as 10M (bytes a second)';
  expect(waiting()?.message).toBe(message);
  expect(node.api.events.filter(({ reason }) => reason === 'Failed').map((event) => event.message)).toEqual([
    `Error: ${message}`,
  ]);
});

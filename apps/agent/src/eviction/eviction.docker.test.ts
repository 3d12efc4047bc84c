import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { makePod } from '../testing/make-pod.ts';
import { engine } from '../testing/test-engine.ts';
import { startTestNode } from '../testing/test-node.ts';

const mebi = 1024 * 1024;

/** Holds that much memory in a tmpfs of the pod, which nobody can drop. */
function holder(name: string, mebibytes: number, requested?: string) {
  const resources = requested === undefined ? {} : { resources: { requests: { memory: requested } } };
  return makePod({
    name,
    container: {
      command: ['/bin/sh', '-c', `dd if=/dev/zero of=/held/x bs=1M count=${mebibytes}; exec sleep 3600`],
      volumeMounts: [{ name: 'held', mountPath: '/held' }],
      ...resources,
    },
    spec: { volumes: [{ name: 'held', emptyDir: { medium: 'Memory' } }] },
  });
}

// The node's pods may use 64 MiB, and 16 MiB more before the kernel stops them: the host cannot come to harm.
it('evicts the pod that uses most over its request when pods use more than the node has for them', async () => {
  const info = JSON.parse((await engine('GET', '/info')).body) as { CgroupVersion: string; CgroupDriver: string };
  await using node = await startTestNode({
    nodeMemoryBytes: 64 * mebi,
    pressureCheckMs: 300,
    pressureTransitionMs: 60_000,
    evictionThresholds: [{ signal: 'memory.available', amount: { value: 16 * mebi } }],
  });
  const modest = holder('modest', 30, '40Mi');
  await node.runPod(modest);
  if (info.CgroupDriver === 'cgroupfs' && info.CgroupVersion !== '2') {
    const limit = `/sys/fs/cgroup/memory/gantry/${node.cluster}/node-1/memory.limit_in_bytes`;
    expect(Number(await readFile(limit, 'utf8'))).toBe(80 * mebi);
  }
  expect(node.manager.conditions.map(({ status }) => status)).toEqual(['False', 'False', 'False']);
  const greedy = holder('greedy', 38);
  node.api.putPod(greedy);
  await node.api.until('one was evicted', () => node.api.status(greedy.metadata.uid)?.phase === 'Failed');
  const status = node.api.status(greedy.metadata.uid);
  expect(status?.reason).toBe('Evicted');
  expect(status?.message).toMatch(
    /^The node was low on resource: memory\. Threshold quantity: 16Mi, available: \d+[KM]i\. Container main was using \d+[KM]i, request is 0, has larger consumption of memory\. $/,
  );
  expect(node.manager.conditions[0]).toMatchObject({ type: 'MemoryPressure', status: 'True' });
  expect(node.api.status(modest.metadata.uid)?.phase).toBe('Running');
});

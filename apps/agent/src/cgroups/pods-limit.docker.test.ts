import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { makePod } from '../testing/make-pod.ts';
import { engine } from '../testing/test-engine.ts';
import { startTestNode } from '../testing/test-node.ts';

it('limits the processes of a pod as a whole, where the pod has a cgroup of its own', async () => {
  const info = JSON.parse((await engine('GET', '/info')).body) as { CgroupVersion: string; CgroupDriver: string };
  await using node = await startTestNode({ podPidsLimit: 50 });
  const pod = makePod();
  await node.runPod(pod);
  if (info.CgroupDriver !== 'cgroupfs') return;
  const root = info.CgroupVersion === '2' ? '/sys/fs/cgroup' : '/sys/fs/cgroup/pids';
  const file = `${root}/gantry/${node.cluster}/node-1/pod${pod.metadata.uid}/pids.max`;
  expect((await readFile(file, 'utf8')).trim()).toBe('50');
});

import { readFile } from 'node:fs/promises';
import type { Pod, ResourceRequirements } from '@gantry/api-types';
import { expect, it } from 'vitest';
import { makeContainer } from '../testing/make-container.ts';
import { makePod } from '../testing/make-pod.ts';
import { startTestNode, type TestNode } from '../testing/test-node.ts';

const mebi = 1024 * 1024;

function resized(node: TestNode, pod: Pod, ...resources: ResourceRequirements[]): void {
  const current = node.api.pods().get(pod.metadata.uid) ?? pod;
  const containers = current.spec.containers.map((item, index) => ({
    ...item,
    resources: resources[index] ?? item.resources,
  }));
  const generation = (current.metadata.generation ?? 1) + 1;
  node.api.putPod({
    ...current,
    metadata: { ...current.metadata, generation },
    spec: { ...current.spec, containers } as Pod['spec'],
  });
}

const of = (cpu: string, memory: string): ResourceRequirements => ({
  requests: { cpu, memory },
  limits: { cpu, memory },
});
const statusOf = (node: TestNode, pod: Pod) => node.api.status(pod.metadata.uid);
const condition = (node: TestNode, pod: Pod, type: string) =>
  statusOf(node, pod)?.conditions?.find((item) => item.type === type);
const isSettled = (node: TestNode, pod: Pod, generation: number) =>
  statusOf(node, pod)?.observedGeneration === generation && !condition(node, pod, 'PodResizeInProgress');

async function cgroupOf(node: TestNode, pod: Pod, id = '') {
  const parent = `/gantry/${node.cluster}/node-1/pod${pod.metadata.uid}/${id}`;
  const read = async (file: string) => Number(await readFile(`/sys/fs/cgroup/${file}`, 'utf8'));
  return {
    shares: await read(`cpu${parent}/cpu.shares`),
    quota: await read(`cpu${parent}/cpu.cfs_quota_us`),
    memory: await read(`memory${parent}/memory.limit_in_bytes`),
  };
}

it('changes cpu and memory of running containers, up and down, as the cgroup files show', async () => {
  await using node = await startTestNode();
  const containers = [makeContainer('a'), makeContainer('b')].map((item) => ({
    ...item,
    resources: of('100m', '32Mi'),
  }));
  const pod = makePod({ spec: { containers } });
  await node.runPod(pod);
  const ids =
    statusOf(node, pod)?.containerStatuses?.map(({ containerID = '' }) => containerID.replace('docker://', '')) ?? [];
  expect(await cgroupOf(node, pod)).toEqual({ shares: 204, quota: 20_000, memory: 64 * mebi });

  resized(node, pod, of('300m', '96Mi'), of('100m', '32Mi'));
  await node.api.until('it has grown', () => isSettled(node, pod, 2));
  expect(await cgroupOf(node, pod, ids[0])).toEqual({ shares: 307, quota: 30_000, memory: 96 * mebi });
  expect(await cgroupOf(node, pod, ids[1])).toEqual({ shares: 102, quota: 10_000, memory: 32 * mebi });
  expect(await cgroupOf(node, pod)).toEqual({ shares: 409, quota: 40_000, memory: 128 * mebi });

  resized(node, pod, of('50m', '16Mi'), of('200m', '48Mi'));
  await node.api.until('one has shrunk and one has grown', () => isSettled(node, pod, 3));
  expect(await cgroupOf(node, pod, ids[0])).toEqual({ shares: 51, quota: 5_000, memory: 16 * mebi });
  expect(await cgroupOf(node, pod, ids[1])).toEqual({ shares: 204, quota: 20_000, memory: 48 * mebi });
  expect(await cgroupOf(node, pod)).toEqual({ shares: 256, quota: 25_000, memory: 64 * mebi });

  const statuses = statusOf(node, pod)?.containerStatuses ?? [];
  expect(statuses.map(({ restartCount, containerID }) => [restartCount, containerID])).toEqual(
    ids.map((id) => [0, `docker://${id}`]),
  );
  expect(statuses[0]).toMatchObject({
    allocatedResources: { cpu: '50m', memory: '16Mi' },
    resources: of('50m', '16Mi'),
  });
  const before = statusOf(node, pod);
  await node.restart();
  await node.runPod(makePod());
  expect(statusOf(node, pod)).toEqual(before);
});

it('restarts the container whose resizePolicy wants it', async () => {
  await using node = await startTestNode();
  const resizePolicy = [
    { resourceName: 'cpu', restartPolicy: 'NotRequired' },
    { resourceName: 'memory', restartPolicy: 'RestartContainer' },
  ];
  const pod = makePod({ container: { resources: of('100m', '32Mi'), resizePolicy } });
  await node.runPod(pod);
  const first = node.containerId(pod);
  resized(node, pod, of('200m', '32Mi'));
  await node.api.until('cpu has grown', () => isSettled(node, pod, 2));
  expect(node.containerId(pod)).toBe(first);
  resized(node, pod, of('200m', '64Mi'));
  await node.api.until(
    'it was restarted',
    () => statusOf(node, pod)?.containerStatuses?.[0]?.restartCount === 1 && isSettled(node, pod, 3),
  );
  expect(await cgroupOf(node, pod, node.containerId(pod))).toEqual({ shares: 204, quota: 20_000, memory: 64 * mebi });
  expect(node.api.eventTexts(pod.metadata.uid)).toContain('Killing: Container main resize requires restart');
});

it('keeps what it has where the node cannot give more, now or ever, and gives it when others leave', async () => {
  await using node = await startTestNode({ nodeMilliCpu: 1000, nodeMemoryBytes: 512 * mebi });
  const [pod, other] = [
    makePod({ container: { resources: of('200m', '32Mi') } }),
    makePod({ container: { resources: of('500m', '32Mi') } }),
  ];
  await Promise.all([node.runPod(pod), node.runPod(other)]);
  resized(node, pod, of('2', '32Mi'));
  await node.api.until('it is infeasible', () => condition(node, pod, 'PodResizePending')?.reason === 'Infeasible');
  expect(condition(node, pod, 'PodResizePending')?.message).toBe(
    "Node didn't have enough capacity: cpu, requested: 2000, capacity: 1000",
  );
  resized(node, pod, of('700m', '32Mi'));
  await node.api.until('it is deferred', () => condition(node, pod, 'PodResizePending')?.reason === 'Deferred');
  expect((await cgroupOf(node, pod, node.containerId(pod))).quota).toBe(20_000);
  expect(statusOf(node, pod)?.containerStatuses?.[0]?.allocatedResources?.cpu).toBe('200m');
  node.api.deletePod(other.metadata.uid, 0);
  await node.api.until('it was given', () => !condition(node, pod, 'PodResizePending') && isSettled(node, pod, 3));
  expect((await cgroupOf(node, pod, node.containerId(pod))).quota).toBe(70_000);
});

it('refuses to lower memory below what is used, keeps the old limit and says so', async () => {
  await using node = await startTestNode();
  const script = 'dd if=/dev/zero of=/dev/shm/big bs=1M count=40; exec sleep 3600';
  const pod = makePod({ container: { ...makeContainer('main', script), resources: of('100m', '64Mi') } });
  const readinessProbe = { exec: { command: ['/bin/grep', '-q', 'sleep', '/proc/1/cmdline'] }, periodSeconds: 1 };
  pod.spec.containers = pod.spec.containers.map((item) => ({ ...item, readinessProbe }));
  await node.runPod(pod);
  resized(node, pod, of('100m', '16Mi'));
  await node.api.until('it is refused', () => condition(node, pod, 'PodResizeInProgress')?.reason === 'Error');
  expect(condition(node, pod, 'PodResizeInProgress')?.message).toMatch(
    /below its current usage \(limit 16777216, usage \d+\)/,
  );
  expect((await cgroupOf(node, pod, node.containerId(pod))).memory).toBe(64 * mebi);
  expect(statusOf(node, pod)?.containerStatuses?.[0]?.resources?.limits?.memory).toBe('64Mi');
  expect(statusOf(node, pod)?.containerStatuses?.[0]?.restartCount).toBe(0);
});

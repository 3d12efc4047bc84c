import { expect, it } from 'vitest';
import { DockerRuntime } from '../runtime/docker-runtime.ts';
import { ensureTestImage, testImage } from '../testing/test-engine.ts';
import { describeNode } from './describe-node.ts';

it('describes the host as a kubelet would', async () => {
  await ensureTestImage();
  const runtime = new DockerRuntime();
  const options = { runtime, nodeName: 'node-1', agentVersion: '1.2.3', zone: 'z1' };
  const node = await describeNode({
    ...options,
    milliCpu: 1500,
    memoryBytes: 2 * 1024 ** 3,
    reserved: { milliCpu: 100, memoryBytes: 1024 ** 3 },
    labels: { disk: 'ssd', 'kubernetes.io/os': 'mine' },
  });
  expect(node).toMatchObject({
    capacity: { cpu: '1500m', memory: '2Gi', pods: '110' },
    allocatable: { cpu: '1400m', memory: '1Gi', pods: '110' },
    nodeInfo: { operatingSystem: 'linux', kubeletVersion: 'v1.2.3' },
  });
  expect(node.labels).toMatchObject({
    disk: 'ssd',
    'kubernetes.io/hostname': 'node-1',
    'kubernetes.io/os': 'linux',
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': node.nodeInfo.architecture,
    'beta.kubernetes.io/arch': node.nodeInfo.architecture,
    'topology.kubernetes.io/zone': 'z1',
  });
  expect(node.nodeInfo.containerRuntimeVersion).toMatch(/^docker:\/\/\d+\.\d+\.\d+$/);
  expect(node.images.flatMap(({ names }) => names)).toContain(testImage);
  const whole = await describeNode(options);
  expect(whole.allocatable).toEqual(whole.capacity);
  expect(Number(whole.capacity.cpu)).toBe((await runtime.info()).cpus);
});

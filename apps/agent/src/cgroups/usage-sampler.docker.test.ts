import type { ContainerCounters, PodUsage } from '@gantry/api-types';
import { describe, expect, it } from 'vitest';
import { makePod } from '../testing/make-pod.ts';
import { execIn } from '../testing/test-engine.ts';
import { startTestNode, type TestNode, testPodNetwork } from '../testing/test-node.ts';

async function sampled(node: TestNode, uid: string): Promise<PodUsage> {
  const { pods } = await node.manager.sampleUsage();
  const found = pods.find((pod) => pod.uid === uid);
  if (!found) throw new Error(`no sample of pod ${uid}`);
  return found;
}

const grown = (
  before: ContainerCounters | undefined,
  now: ContainerCounters | undefined,
  of: keyof ContainerCounters,
) => Number(now?.[of] ?? 0) - Number(before?.[of] ?? 0);

// Refused or not, something was sent and something came back. (A static busybox resolves no names, and its wget crashes.)
const knock = (ip: string) => `/bin/busybox nc -w 1 ${ip} 9 </dev/null || true`;

describe('a sample of a real container', () => {
  it('counts its cpu, throttling, processes, disk and network', async () => {
    await using node = await startTestNode();
    const command = ['/bin/sh', '-c', 'while true; do true; done'];
    const pod = makePod({ container: { command, resources: { limits: { cpu: '100m' } } } });
    await node.runPod(pod);
    const id = node.containerId(pod);
    const before = await sampled(node, pod.metadata.uid);
    await execIn(id, 'sh', '-c', 'dd if=/dev/zero of=/file bs=64k count=16 conv=fsync 2>/dev/null');
    await execIn(id, 'sh', '-c', knock(`${testPodNetwork}.1`));
    const now = await sampled(node, pod.metadata.uid);
    const [earlier, container] = [before.containers?.[0], now.containers?.[0]];
    expect(container).toMatchObject({ name: 'main', pids: 1 });
    expect(grown(earlier, container, 'cpuMicros')).toBeGreaterThan(0);
    expect(grown(earlier, container, 'throttledMicros')).toBeGreaterThan(0);
    expect(grown(earlier, container, 'writeBytes')).toBeGreaterThanOrEqual(1024 * 1024);
    expect(grown(earlier, container, 'writes')).toBeGreaterThan(0);
    expect((now.network?.txBytes ?? 0) - (before.network?.txBytes ?? 0)).toBeGreaterThan(0);
    expect((now.network?.rxBytes ?? 0) - (before.network?.rxBytes ?? 0)).toBeGreaterThan(0);
  });

  it('has the node’s own cgroup beside its pods, and counts a pause container for its pod only', async () => {
    await using node = await startTestNode();
    const pod = makePod();
    const [main] = pod.spec.containers;
    if (main) pod.spec.containers.push({ ...main, name: 'second' });
    await node.runPod(pod);
    const { node: whole, pods } = await node.manager.sampleUsage();
    expect(whole).toMatchObject({ of: 'cgroup' });
    expect(whole?.memoryBytes).toBeGreaterThan(0);
    const [found] = pods;
    expect(found?.containers?.map(({ name }) => name)).toEqual(['main', 'second']);
    const named = (found?.containers ?? []).reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
    expect(found?.memoryBytes).toBeGreaterThan(named);
  });

  it('counts the traffic of a pod that the engine connected, and none for one on the host’s network', async () => {
    await using node = await startTestNode({ networkMode: 'engine' });
    const [own, host] = [makePod(), makePod({ spec: { hostNetwork: true } })];
    await node.runPod(own);
    await node.runPod(host);
    const before = await sampled(node, own.metadata.uid);
    await execIn(node.containerId(own), 'sh', '-c', knock(`${testPodNetwork}.1`));
    const now = await sampled(node, own.metadata.uid);
    expect((now.network?.txBytes ?? 0) - (before.network?.txBytes ?? 0)).toBeGreaterThan(0);
    expect((await sampled(node, host.metadata.uid)).network).toBeUndefined();
  });
});

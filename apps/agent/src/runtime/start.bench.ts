import type { Container } from '@gantry/api-types';
import { removeNodeResources } from '../node/remove-node-resources.ts';
import { startPodManager } from '../pod/pod-manager.ts';
import { Semaphore } from '../pod/semaphore.ts';
import { systemClock } from '../system-clock.ts';
import { FakeNodeApi } from '../testing/fake-node-api.ts';
import { makePod } from '../testing/make-pod.ts';
import { quietLogger } from '../testing/quiet-logger.ts';
import { engine, ensureTestImage, testCluster, testImage } from '../testing/test-engine.ts';
import { DockerRuntime } from './docker-runtime.ts';

/** Starts containers through the agent and through bare engine calls, in turns, and prints the times and their ratio. */

const count = Number(process.argv[2] ?? 50);
const rounds = Number(process.argv[3] ?? 3);
const inFlight = 8;
/** Away from what another run may have left behind. */
const prefix = `10.251.${100 + Math.floor(Math.random() * 100)}`;

async function engineAlone(): Promise<number> {
  await using scope = await testCluster();
  const labels = { 'io.gantry.cluster': scope.cluster };
  const name = `bench-${scope.cluster}`;
  const ipam = { Config: [{ Subnet: `${prefix}.0/24` }] };
  await expect(engine('POST', '/networks/create', { Name: name, Driver: 'bridge', IPAM: ipam, Labels: labels }), 201);
  const startedAt = performance.now();
  const slots = new Semaphore(inFlight);
  const runOne = async (index: number) => {
    const body = {
      Image: testImage,
      Entrypoint: ['/bin/sleep', '3600'],
      Labels: labels,
      HostConfig: { NetworkMode: name },
      NetworkingConfig: { EndpointsConfig: { [name]: { IPAMConfig: { IPv4Address: `${prefix}.${index + 2}` } } } },
    };
    const created = await expect(engine('POST', '/containers/create', body), 201);
    await expect(engine('POST', `/containers/${(JSON.parse(created) as { Id: string }).Id}/start`), 204);
  };
  await Promise.all(Array.from({ length: count }, (_, index) => slots.run(() => runOne(index))));
  return performance.now() - startedAt;
}

async function throughAgent(): Promise<number> {
  await using scope = await testCluster();
  const { cluster, dataDir } = scope;
  const api = new FakeNodeApi();
  const runtime = new DockerRuntime();
  const settings = { api, runtime, nodeName: 'node-1', cluster, podCidr: `${prefix}.0/24`, dataDir };
  const options = { parallelStarts: inFlight };
  const manager = await startPodManager({ ...settings, clock: systemClock, logger: quietLogger(), options });
  const container: Partial<Container> = {
    resources: { requests: { cpu: '10m', memory: '8Mi' }, limits: { memory: '64Mi' } },
  };
  const pods = Array.from({ length: count }, () => makePod({ container }));
  const startedAt = performance.now();
  for (const pod of pods) api.putPod(pod);
  const isRunning = (uid: string) => api.status(uid)?.containerStatuses?.[0]?.ready === true;
  await api.until('all running', () => pods.every(({ metadata }) => isRunning(metadata.uid)), 120_000);
  const took = performance.now() - startedAt;
  await manager.stop();
  await removeNodeResources({ runtime, cluster, node: 'node-1', dataDir, graceSeconds: 0 });
  return took;
}

async function expect(answer: Promise<{ status: number; body: string }>, status: number): Promise<string> {
  const { status: actual, body } = await answer;
  if (actual !== status) throw new Error(`the engine answered ${actual}: ${body}`);
  return body;
}

await ensureTestImage();
const ratios: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  const bare = await engineAlone();
  const agent = await throughAgent();
  ratios.push(agent / bare);
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
  console.log(
    `${count} containers: engine ${seconds(bare)}, agent ${seconds(agent)}, ratio ${(agent / bare).toFixed(3)}`,
  );
}
console.log(`median ratio ${ratios.toSorted((a, b) => a - b)[Math.floor(ratios.length / 2)]?.toFixed(3)}`);

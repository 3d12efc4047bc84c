import type { ContainerStatus, Pod, PodStatus } from '@gantry/api-types';
import { removeNodeResources } from '../node/remove-node-resources.ts';
import type { PodManagerOptions } from '../pod/options.ts';
import { type PodManager, startPodManager } from '../pod/pod-manager.ts';
import type { ClusterDns } from '../pod/resolv-conf.ts';
import { DockerRuntime } from '../runtime/docker-runtime.ts';
import { systemClock } from '../system-clock.ts';
import { FakeNodeApi } from './fake-node-api.ts';
import { quietLogger } from './quiet-logger.ts';
import { ensureTestImage, testCluster } from './test-engine.ts';

/** A node on the real engine under a cluster id of its own; everything it made goes when it is disposed of. */
export interface TestNode extends AsyncDisposable {
  readonly api: FakeNodeApi;
  readonly runtime: DockerRuntime;
  readonly cluster: string;
  readonly dataDir: string;
  manager: PodManager;
  /** Ends the manager and starts another one, as when the agent's process is replaced. */
  restart(): Promise<void>;
  /** Wants the pod and waits until it is ready. */
  runPod(pod: Pod): Promise<PodStatus>;
  /** The engine's id of the pod's container. */
  containerId(pod: Pod): string;
}

/** The first three bytes of test nodes' pod addresses: files that run at the same time must not share them. */
export const testPodNetwork = `10.250.${process.env.VITEST_POOL_ID ?? 1}`;

/** Starts one; back-offs are short unless the test says otherwise. */
export async function startTestNode(
  options: PodManagerOptions = {},
  podCidr = `${testPodNetwork}.0/24`,
  nodeName = 'node-1',
  clusterDns?: ClusterDns,
): Promise<TestNode> {
  await ensureTestImage();
  const scope = await testCluster();
  const { cluster, dataDir } = scope;
  const api = new FakeNodeApi();
  const runtime = new DockerRuntime();
  const start = () =>
    startPodManager({
      api,
      runtime,
      nodeName,
      cluster,
      podCidr,
      dataDir,
      ...(clusterDns ? { clusterDns } : {}),
      clock: systemClock,
      logger: quietLogger(),
      tokens: api,
      options: { backOff: { baseMs: 300, maxMs: 2_000 }, hostIp: '192.0.2.1', ...options },
    });
  const node: TestNode = {
    api,
    runtime,
    cluster,
    dataDir,
    manager: await start(),
    restart: async () => {
      await node.manager.stop();
      node.manager = await start();
    },
    runPod: async (pod) => {
      api.putPod(pod);
      await api.until(`${pod.metadata.name} is ready`, () => isReady(api.status(pod.metadata.uid)));
      return api.status(pod.metadata.uid) ?? {};
    },
    containerId: (pod) => mainStatus(api.status(pod.metadata.uid))?.containerID?.replace('docker://', '') ?? '',
    [Symbol.asyncDispose]: async () => {
      await node.manager.stop();
      await removeNodeResources({ runtime, cluster, node: nodeName, dataDir, graceSeconds: 0 });
      await scope[Symbol.asyncDispose]();
    },
  };
  return node;
}

/** Whether the Ready condition holds. */
export function isReady(status: PodStatus | undefined): boolean {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
}

/** The status of the first container. */
export function mainStatus(status: PodStatus | undefined): ContainerStatus | undefined {
  return status?.containerStatuses?.[0];
}

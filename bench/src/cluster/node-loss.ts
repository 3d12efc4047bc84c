import type { Node, Pod } from '@gantry/api-types';
import type { LocalCluster } from '@gantry/e2e/testbed/local-cluster';
import type Docker from 'dockerode';
import { type DeploymentOptions, measureRollOut, removeDeployment } from './replicas.ts';

export interface NodeLossResult {
  /** Seconds from the kill until the node was NotReady. */
  readonly toNotReady: number;
  /** Seconds from the kill until all replicas were Running on the other nodes. */
  readonly toReplaced: number;
  readonly lost: number;
}

const timeoutMs = 120_000;

/**
 * Kills a node as a power cut would (its agent and all its containers, at once, with SIGKILL) and waits for a watcher
 * to see every replica Running elsewhere.
 */
export async function measureNodeLoss(
  cluster: LocalCluster,
  docker: Docker,
  options: DeploymentOptions,
): Promise<NodeLossResult> {
  const client = cluster.client();
  await measureRollOut(client, options);
  const { nodes } = await cluster.state();
  const victim = nodes.at(-1);
  if (!victim) throw new Error('the cluster has no node to kill');
  const path = `/api/v1/namespaces/default/pods?labelSelector=app%3D${options.name}`;
  const before = (await client.json<{ items: Pod[] }>(path)).items.filter((pod) => pod.spec.nodeName === victim.name);
  const startedAt = performance.now();
  process.kill(victim.process.pid, 'SIGKILL');
  await killContainers(docker, before);
  const toNotReady = await secondsUntil(startedAt, async () => {
    const node = await client.json<Node>(`/api/v1/nodes/${victim.name}`);
    return (
      node.status.conditions?.some((condition) => condition.type === 'Ready' && condition.status !== 'True') === true
    );
  });
  const toReplaced = await secondsUntil(startedAt, async () => {
    const { items } = await client.json<{ items: Pod[] }>(path);
    return (
      items.filter((pod) => pod.spec.nodeName !== victim.name && pod.status.phase === 'Running').length >=
      options.replicas
    );
  });
  await removeDeployment(client, options.name);
  client.close();
  return { toNotReady, toReplaced, lost: before.length };
}

async function killContainers(docker: Docker, pods: readonly Pod[]): Promise<void> {
  const ids = pods
    .flatMap((pod) => pod.status.containerStatuses ?? [])
    .flatMap((status) => status.containerID?.replace('docker://', '') ?? []);
  await Promise.all(ids.map((id) => docker.getContainer(id).kill()));
}

async function secondsUntil(startedAt: number, isDone: () => Promise<boolean>): Promise<number> {
  const deadline = startedAt + timeoutMs;
  while (!(await isDone())) {
    if (performance.now() > deadline) throw new Error(`not done within ${timeoutMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return (performance.now() - startedAt) / 1000;
}

import type { Deployment, Node } from '@gantry/api-types';
import type { ApiConnection } from '../api/api-connection.ts';
import type { Terminal } from '../output/terminal.ts';
import { UserError } from '../output/user-error.ts';
import { isRunning, type StartedProcess } from './processes.ts';
import { explainExit } from './start-cluster.ts';

const pollMs = 150;

/**
 * Waits, with progress, until the named nodes are Ready; resolves with their pod CIDRs. A program that ends meanwhile
 * fails it at once.
 */
export async function waitForNodes(
  terminal: Terminal,
  api: ApiConnection,
  names: readonly string[],
  processes: readonly StartedProcess[],
): Promise<readonly string[]> {
  let podCidrs: readonly string[] = [];
  await poll(60_000, async () => {
    for (const process of processes) if (!(await isRunning(process))) throw new UserError(await explainExit(process));
    const { items } = await api.json<{ items: Node[] }>({ path: '/api/v1/nodes' });
    const ready = items.filter((node) => names.includes(node.metadata.name) && isNodeReady(node));
    podCidrs = ready.flatMap(({ spec }) => spec.podCIDR ?? []);
    terminal.progress(`nodes: ${ready.length} of ${names.length} Ready`);
    return ready.length === names.length ? undefined : `${ready.length} of ${names.length} nodes are Ready`;
  });
  return podCidrs;
}

/** Waits, with progress, until all Deployments of a namespace have all their replicas available. */
export async function waitForDeployments(
  terminal: Terminal,
  api: ApiConnection,
  namespace: string,
  timeoutMs: number,
): Promise<void> {
  await poll(timeoutMs, async () => {
    const { items } = await api.json<{ items: Deployment[] }>({
      path: `/apis/apps/v1/namespaces/${namespace}/deployments`,
    });
    const waiting = items.filter((deployment) => !isDeploymentReady(deployment));
    const ready = items.reduce((sum, item) => sum + (item.status.readyReplicas ?? 0), 0);
    const wanted = items.reduce((sum, item) => sum + (item.spec.replicas ?? 1), 0);
    terminal.progress(`demo: ${ready} of ${wanted} pods ready`);
    return waiting.length === 0 ? undefined : `not ready: ${waiting.map((item) => item.metadata.name).join(', ')}`;
  });
}

function isNodeReady(node: Node): boolean {
  return (
    node.status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true
  );
}

function isDeploymentReady(deployment: Deployment): boolean {
  const { status, spec, metadata } = deployment;
  return (
    (status.observedGeneration ?? 0) >= (metadata.generation ?? 0) &&
    (status.availableReplicas ?? 0) >= (spec.replicas ?? 1)
  );
}

/** Calls `check` until it returns undefined; its last word is in the message when time runs out. */
async function poll(timeoutMs: number, check: () => Promise<string | undefined>): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const missing = await check();
    if (missing === undefined) return;
    if (Date.now() > deadline) throw new UserError(`after ${timeoutMs / 1000} s: ${missing}`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

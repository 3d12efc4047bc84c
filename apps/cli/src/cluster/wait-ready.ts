import type { Deployment, Node, Pod } from '@gantry/api-types';
import type { ApiConnection } from '../api/api-connection.ts';
import type { Terminal } from '../output/terminal.ts';
import { UserError } from '../output/user-error.ts';
import { isRunning, type StartedProcess } from './processes.ts';
import { explainExit } from './start-cluster.ts';
import { isDeploymentReady, whyNotReady } from './why-not-ready.ts';

const pollMs = 150;
const nodesTimeoutMs = 60_000;

/** As much of an API as waiting needs. */
export type ReadableApi = Pick<ApiConnection, 'json'>;

/**
 * Waits, with progress, until the named nodes are Ready; resolves with their pod CIDRs. A program that ends meanwhile
 * fails it at once.
 */
export async function waitForNodes(
  terminal: Terminal,
  api: ReadableApi,
  names: readonly string[],
  processes: readonly StartedProcess[],
): Promise<readonly string[]> {
  let podCidrs: readonly string[] = [];
  const missing = await poll(nodesTimeoutMs, async () => {
    for (const process of processes) if (!(await isRunning(process))) throw new UserError(await explainExit(process));
    const { items } = await api.json<{ items: Node[] }>({ path: '/api/v1/nodes' });
    const ready = items.filter((node) => names.includes(node.metadata.name) && isNodeReady(node));
    podCidrs = ready.flatMap(({ spec }) => spec.podCIDR ?? []);
    terminal.progress(`nodes: ${ready.length} of ${names.length} Ready`);
    return ready.length === names.length ? undefined : `${ready.length} of ${names.length} nodes are Ready`;
  });
  if (missing !== undefined) throw new UserError(`after ${nodesTimeoutMs / 1000} s: ${missing}`);
  return podCidrs;
}

/**
 * Waits, with progress, until the named Deployments have all their replicas available; others of the namespace are not
 * looked at. Resolves when they are, or when `timeoutMs` is over, with a clause for each that is not and why. One that is
 * removed meanwhile is not waited for.
 */
export async function waitForDeployments(
  terminal: Terminal,
  api: ReadableApi,
  wanted: { readonly namespace: string; readonly names: readonly string[]; readonly timeoutMs: number },
): Promise<readonly string[]> {
  const { namespace, names, timeoutMs } = wanted;
  let waiting: readonly Deployment[] = [];
  const list = async () => {
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments`;
    const { items } = await api.json<{ items: Deployment[] }>({ path });
    return items.filter(({ metadata }) => names.includes(metadata.name));
  };
  const missing = await poll(timeoutMs, async () => {
    const items = await list();
    waiting = items.filter((deployment) => !isDeploymentReady(deployment));
    const ready = items.reduce((sum, item) => sum + (item.status.readyReplicas ?? 0), 0);
    const replicas = items.reduce((sum, item) => sum + (item.spec.replicas ?? 1), 0);
    terminal.progress(`demo: ${ready} of ${replicas} pods ready`);
    return waiting.length === 0 ? undefined : 'not ready';
  });
  if (missing === undefined) return [];
  const { items: pods } = await api.json<{ items: Pod[] }>({ path: `/api/v1/namespaces/${namespace}/pods` });
  return waiting.map((deployment) => whyNotReady(deployment, pods));
}

function isNodeReady(node: Node): boolean {
  return (
    node.status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true
  );
}

/** Calls `check` until it returns undefined, or time runs out: then resolves with its last word. */
async function poll(timeoutMs: number, check: () => Promise<string | undefined>): Promise<string | undefined> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const missing = await check();
    if (missing === undefined || Date.now() > deadline) return missing;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

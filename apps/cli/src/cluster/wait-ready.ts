import type { Deployment, Lease, Node, Pod } from '@gantry/api-types';
import type { ApiConnection } from '../api/api-connection.ts';
import type { Terminal } from '../output/terminal.ts';
import { UserError } from '../output/user-error.ts';
import { isRunning, type StartedProcess } from './processes.ts';
import type { StartedAgent } from './start-agent.ts';
import { explainExit } from './start-cluster.ts';
import { isDeploymentReady, whyNotReady } from './why-not-ready.ts';

const pollMs = 150;
const nodesTimeoutMs = 60_000;
const leasesPath = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';

/** As much of an API as waiting needs. */
export type ReadableApi = Pick<ApiConnection, 'json'>;

/**
 * Waits, with progress, until the nodes of these agents are Ready; resolves with their pod CIDRs. What the API still says
 * of agents before them does not count. A program that ends meanwhile, an agent or one of `others`, fails it at once.
 */
export async function waitForNodes(
  terminal: Terminal,
  api: ReadableApi,
  agents: readonly StartedAgent[],
  others: readonly StartedProcess[] = [],
): Promise<readonly string[]> {
  let podCidrs: readonly string[] = [];
  const missing = await poll(nodesTimeoutMs, async () => {
    for (const process of [...others, ...agents])
      if (!(await isRunning(process))) throw new UserError(await explainExit(process));
    const { items: nodes } = await api.json<{ items: Node[] }>({ path: '/api/v1/nodes' });
    const { items: leases } = await api.json<{ items: Lease[] }>({ path: leasesPath });
    const ready = nodes.filter((node) => isNodeReady(node) && agents.some((agent) => isOfAgent(agent, node, leases)));
    podCidrs = ready.flatMap(({ spec }) => spec.podCIDR ?? []);
    terminal.progress(`nodes: ${ready.length} of ${agents.length} Ready`);
    return ready.length === agents.length ? undefined : `${ready.length} of ${agents.length} nodes are Ready`;
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

/** Whether the agent has connected: the node's Lease is renewed at once when one does. */
function isOfAgent({ node, sinceMs }: StartedAgent, { metadata }: Node, leases: readonly Lease[]): boolean {
  if (metadata.name !== node) return false;
  const lease = leases.find((one) => one.metadata.name === node);
  return Date.parse(lease?.spec?.renewTime ?? '') >= sinceMs;
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

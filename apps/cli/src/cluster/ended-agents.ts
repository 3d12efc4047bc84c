import type { ApiConnection } from '../api/api-connection.ts';
import type { Terminal } from '../output/terminal.ts';
import { type ClusterState, type LocalNode, writeClusterState } from './cluster-state.ts';
import type { NodeSize } from './node-sizes.ts';
import { identityOf, isRunning, stopProcess } from './processes.ts';
import { type StartedAgent, startAgents } from './start-agent.ts';

/** Where the proxies of a state without these ports listen. */
export const defaultIngress = { httpPort: 30_080, httpsPort: 30_443 };

const graceMs = 2_000;

/** The nodes whose agent does not run. */
export async function findEndedAgents(state: ClusterState): Promise<readonly LocalNode[]> {
  const runs = await Promise.all(state.nodes.map((node) => isRunning(node.process)));
  return state.nodes.filter((_, i) => !runs[i]);
}

/**
 * Starts the agents of these nodes again and writes down which processes they are now; resolves with the new state and
 * what was started. Where a step fails, none of them runs. Warns of a node whose size an older version did not write down.
 */
export async function startAgentsAgain(
  terminal: Terminal,
  api: Pick<ApiConnection, 'json'>,
  {
    dataDir,
    state,
    nodes,
  }: { readonly dataDir: string; readonly state: ClusterState; readonly nodes: readonly LocalNode[] },
): Promise<{ readonly state: ClusterState; readonly agents: readonly StartedAgent[] }> {
  const sized = nodes.flatMap((node) => sizeOf(node) ?? []);
  for (const node of nodes)
    if (!sizeOf(node))
      terminal.warn(
        `the agent of ${node.name} has ended and cannot be started again, because an older version did not write its size down: end the cluster and start it anew`,
      );
  const { server, ingress = defaultIngress } = state;
  const address = hostOf(server);
  const agents: StartedAgent[] = [];
  try {
    await startAgents(api, { dataDir, server, address, ingress }, sized, (agent) => agents.push(agent));
    const after = { ...state, nodes: state.nodes.map((node) => replaced(node, agents)) };
    if (agents.length > 0) await writeClusterState(dataDir, after);
    return { state: after, agents };
  } catch (error) {
    // Nobody would know of those, and the next attempt would start others beside them.
    await Promise.all(agents.map((agent) => stopProcess(agent, graceMs)));
    throw error;
  }
}

/** The address in a URL, without the brackets of IPv6. */
export function hostOf(server: string): string {
  return new URL(server).hostname.replace(/^\[|\]$/g, '');
}

function sizeOf({ name, cpu, memory }: LocalNode): NodeSize | undefined {
  return cpu === undefined || memory === undefined ? undefined : { name, cpu, memory };
}

function replaced(node: LocalNode, agents: readonly StartedAgent[]): LocalNode {
  const agent = agents.find((one) => one.node === node.name);
  return agent ? { ...node, process: identityOf(agent) } : node;
}

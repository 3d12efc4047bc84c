import type { ApiConnection } from '../api/api-connection.ts';
import { type ClusterState, clusterPaths } from './cluster-state.ts';
import { createJoinToken } from './join-token.ts';
import type { NodeSize } from './node-sizes.ts';
import { programs, type StartedProcess, startProgram } from './processes.ts';

/** How long an agent that was just started may take to join. */
const joinTokenSeconds = 600;

/** What the agents of a local cluster have in common. */
export interface AgentPlace {
  readonly dataDir: string;
  readonly server: string;
  /** Where its Ingress proxy listens. */
  readonly address: string;
  readonly ingress: NonNullable<ClusterState['ingress']>;
}

export interface StartedAgent extends StartedProcess {
  readonly node: string;
  /** When it was about to start, in milliseconds of the epoch: what the node's Lease says since is of this agent. */
  readonly sinceMs: number;
}

/** Starts an agent for each node. An agent that ran before finds its containers and its credential again. */
export async function startAgents(
  api: Pick<ApiConnection, 'json'>,
  place: AgentPlace,
  nodes: readonly NodeSize[],
  onStarted: (agent: StartedAgent) => void = () => undefined,
): Promise<readonly StartedAgent[]> {
  if (nodes.length === 0) return [];
  const token = await createJoinToken(api, joinTokenSeconds);
  const started: StartedAgent[] = [];
  for (const node of nodes) {
    const agent = await startAgent(place, node, token);
    started.push(agent);
    onStarted(agent);
  }
  return started;
}

async function startAgent(place: AgentPlace, node: NodeSize, token: string): Promise<StartedAgent> {
  const paths = clusterPaths(place.dataDir);
  const { name, cpu, memory } = node;
  const args = [
    ['--server', place.server],
    ['--ca-file', paths.caFile],
    ['--node-name', name],
    ['--data-dir', paths.node(name)],
    ['--cpu', cpu],
    ['--memory', memory],
    ['--zone', 'local'],
    ['--ingress-address', place.address],
    ['--ingress-http-port', String(place.ingress.httpPort)],
    ['--ingress-https-port', String(place.ingress.httpsPort)],
  ].flat();
  // The token goes by the environment: a command line can be read by every user of the host.
  const env = { GANTRY_JOIN_TOKEN: token };
  const logPath = `${paths.logs}/${name}.log`;
  const sinceMs = Date.now();
  const started = await startProgram({ name: `the agent of ${name}`, program: programs.agent, args, logPath, env });
  return { ...started, node: name, sinceMs };
}

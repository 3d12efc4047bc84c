import type { ApiConnection } from '../api/api-connection.ts';
import { connect } from '../api/kubeconfig.ts';
import { type ClusterState, clusterPaths, readClusterState } from '../cluster/cluster-state.ts';
import { findEndedAgents, startAgentsAgain } from '../cluster/ended-agents.ts';
import { isRunning } from '../cluster/processes.ts';
import { takeStartLock } from '../cluster/start-lock.ts';
import { waitForNodes } from '../cluster/wait-ready.ts';
import { downCommand, startCommand } from '../output/command-line.ts';
import type { Terminal } from '../output/terminal.ts';
import { ignoredOptions } from './ignored-options.ts';
import type { UpOptions } from './up-options.ts';
import { printSummary } from './up-summary.ts';

/**
 * A second `up` on the data directory of a running cluster: starts the agents that have ended, where nobody else looks
 * after them, says which options it cannot apply, and where the cluster is.
 */
export async function attach(terminal: Terminal, options: UpOptions, state: ClusterState): Promise<void> {
  const { dataDir } = options;
  const api = await connect(dataDir);
  try {
    terminal.line(`a cluster runs from ${clusterPaths(dataDir).root} already`);
    const ignored = ignoredOptions(options, state);
    if (ignored.length > 0) terminal.warn(sayIgnored(dataDir, ignored));
    await completeAgents(terminal, api, dataDir);
    await printSummary(terminal, dataDir, state, api);
  } finally {
    api.close();
  }
}

/** One line: what does not count, and how it would. */
function sayIgnored(dataDir: string, ignored: readonly string[]): string {
  const options = ignored.join(' ');
  return `not applied, because the cluster runs already: ${options}; to start one with ${ignored.length === 1 ? 'it' : 'them'}, end this one first (\`${downCommand(dataDir)}\` removes it with all its objects and data), then \`${startCommand(dataDir, ` ${options}`)}\``;
}

/** Under the lock of starts: two that come at once must not both start an agent. */
async function completeAgents(terminal: Terminal, api: ApiConnection, dataDir: string): Promise<void> {
  if ((await agentsToStart(dataDir)).nodes.length === 0) return;
  const release = await takeStartLock(terminal);
  try {
    const { state, nodes } = await agentsToStart(dataDir);
    if (!state || nodes.length === 0) return;
    for (const { name } of nodes) terminal.line(`the agent of ${name} has ended: starting it again`);
    const { agents } = await startAgentsAgain(terminal, api, { dataDir, state, nodes });
    await waitForNodes(terminal, api, agents);
  } finally {
    await release();
  }
}

async function agentsToStart(dataDir: string) {
  const state = await readClusterState(dataDir);
  // The command that runs in a terminal starts its agents again itself.
  if (!state || (state.supervisor && (await isRunning(state.supervisor)))) return { state, nodes: [] };
  return { state, nodes: await findEndedAgents(state) };
}

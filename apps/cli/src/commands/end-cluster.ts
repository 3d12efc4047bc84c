import type Docker from 'dockerode';
import type { ClusterState } from '../cluster/cluster-state.ts';
import { removeCluster, stopProcesses } from '../cluster/stop-cluster.ts';
import { downCommand, startCommand } from '../output/command-line.ts';
import type { Terminal } from '../output/terminal.ts';

/** A cluster that this command started. */
export interface Ending {
  readonly docker: Docker;
  readonly dataDir: string;
  readonly state: ClusterState;
  readonly keepsContainers: boolean;
}

/** Ctrl-C: with `keepsContainers` the processes end, else all that the cluster made goes. */
export async function endCluster(terminal: Terminal, ending: Ending): Promise<void> {
  const { docker, dataDir, state, keepsContainers } = ending;
  terminal.line();
  if (keepsContainers) {
    await stopProcesses(state);
    terminal.line(
      `stopped; the containers run on (\`${startCommand(dataDir)}\` takes them up again, \`${downCommand(dataDir)}\` removes them)`,
    );
    return;
  }
  await removeCluster(terminal, docker, dataDir, state);
  terminal.line(
    `stopped; everything it made is removed${state.isEngineStartedByUs ? ', the Docker Engine that Gantry started runs on' : ''}`,
  );
}

/**
 * A start that failed or was interrupted. A cluster that it made is removed; one that was there before loses nothing:
 * only the processes of this start end.
 */
export async function undoStart(
  terminal: Terminal,
  ending: Ending & { readonly earlier: ClusterState | undefined },
): Promise<void> {
  if (!ending.earlier) return endCluster(terminal, ending);
  await stopProcesses(ending.state);
  sayKept(terminal, ending.dataDir);
}

/** After a failed start that took up an earlier cluster: nothing of it is gone, and the two ways out. */
export function sayKept(terminal: Terminal, dataDir: string): void {
  terminal.line(
    `the start was given up; what the earlier cluster has stays: \`${startCommand(dataDir)}\` tries again, \`${downCommand(dataDir)}\` removes it`,
  );
}

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
 * A start that failed or was interrupted, or a cluster whose controller ended. A cluster that this start made and that was
 * of no use yet is removed; one that was there before, or had become Ready, loses nothing: only its processes end.
 */
export async function undoStart(terminal: Terminal, ending: Ending & { readonly wasThere: boolean }): Promise<void> {
  if (!ending.wasThere) return endCluster(terminal, ending);
  await stopProcesses(ending.state);
  sayKept(terminal, ending.dataDir);
}

/** Nothing of the cluster is gone, and the two ways out. */
export function sayKept(terminal: Terminal, dataDir: string): void {
  terminal.line(
    `what the cluster has stays: \`${startCommand(dataDir)}\` takes it up again, \`${downCommand(dataDir)}\` removes it`,
  );
}

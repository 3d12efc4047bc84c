import { type ClusterState, readClusterState } from '../cluster/cluster-state.ts';
import { isRunning, stopProcess } from '../cluster/processes.ts';
import { removeCluster } from '../cluster/stop-cluster.ts';
import { engineAddress, findEngine, openEngine } from '../engine/engine.ts';
import type { Terminal } from '../output/terminal.ts';
import { UserError } from '../output/user-error.ts';

/** It removes the cluster itself, which takes as long as it takes here. */
const supervisorGraceMs = 150_000;

/** `gantry down`: ends the cluster of a data directory; returns when nothing of it is left but its logs. */
export async function down(terminal: Terminal, options: { dataDir: string }): Promise<void> {
  const found = await readClusterState(options.dataDir);
  if (!found) return terminal.line(`no cluster runs from ${options.dataDir}`);
  await endSupervisor(terminal, found);
  // It may have removed all or a part of the cluster on its way out.
  const state = await readClusterState(options.dataDir);
  if (!state) return sayGone(terminal, found);
  const docker = openEngine();
  const engine = await findEngine(terminal, docker);
  if (engine.type !== 'found') {
    throw new UserError(
      `no Docker Engine answers at ${engineAddress()} (${engine.why}): start it again, so that the cluster's containers can be removed`,
    );
  }
  await removeCluster(terminal, docker, options.dataDir, state);
  sayGone(terminal, state);
}

/** The `gantry up` that runs in another terminal would start agents again that are ended here: it ends first. */
async function endSupervisor(terminal: Terminal, { supervisor }: ClusterState): Promise<void> {
  if (!supervisor || !(await isRunning(supervisor))) return;
  terminal.progress(`ending the start of this cluster that runs elsewhere (process ${supervisor.pid})`);
  await stopProcess(supervisor, supervisorGraceMs);
}

function sayGone(terminal: Terminal, { isEngineStartedByUs }: ClusterState): void {
  terminal.line(`the cluster is gone${isEngineStartedByUs ? '; the Docker Engine that Gantry started runs on' : ''}`);
}

import { readClusterState } from '../cluster/cluster-state.ts';
import { removeCluster } from '../cluster/stop-cluster.ts';
import { engineAddress, findEngine, openEngine } from '../engine/engine.ts';
import type { Terminal } from '../output/terminal.ts';
import { UserError } from '../output/user-error.ts';

/** `gantry down`: ends the cluster of a data directory; returns when nothing of it is left but its logs. */
export async function down(terminal: Terminal, options: { dataDir: string }): Promise<void> {
  const state = await readClusterState(options.dataDir);
  if (!state) return terminal.line(`no cluster runs from ${options.dataDir}`);
  const docker = openEngine();
  const engine = await findEngine(terminal, docker);
  if (engine.type !== 'found') {
    throw new UserError(
      `no Docker Engine answers at ${engineAddress()} (${engine.why}): start it again, so that the cluster's containers can be removed`,
    );
  }
  await removeCluster(terminal, docker, options.dataDir, state);
  terminal.line(
    `the cluster is gone${state.isEngineStartedByUs ? '; the Docker Engine that Gantry started runs on' : ''}`,
  );
}

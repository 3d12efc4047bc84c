import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import type Docker from 'dockerode';
import type { Terminal } from '../output/terminal.ts';
import { UserError } from '../output/user-error.ts';
import { type ClusterState, clusterPaths } from './cluster-state.ts';
import { programs, stopProcess } from './processes.ts';

/** The label that every container and network of a cluster carries. */
const clusterLabel = 'io.gantry.cluster';

const processGraceMs = 5_000;
/** An engine that does not answer must not hold `down` up for ever; running it again takes up where it stopped. */
const removeTimeoutMs = 120_000;

/** Stops the processes of a cluster; its containers run on. */
export async function stopProcesses(state: ClusterState): Promise<void> {
  // Agents first: a controller that is gone would have them reconnect for nothing.
  await Promise.all(state.nodes.map((node) => stopProcess(node.process, processGraceMs)));
  await stopProcess(state.controller, processGraceMs);
}

/**
 * Ends a cluster: resolves when its processes, containers, networks, mounts, cgroups and state are gone. Logs stay.
 * Safe to repeat after a failure half-way.
 */
export async function removeCluster(
  terminal: Terminal,
  docker: Docker,
  dataDir: string,
  state: ClusterState,
): Promise<void> {
  terminal.progress('stopping the controller and the agents');
  await stopProcesses(state);
  const filters = { label: [`${clusterLabel}=${state.cluster}`] };
  const containers = await docker.listContainers({ all: true, filters });
  if (containers.length > 0) terminal.progress(`removing ${containers.length} containers`);
  await Promise.all(state.nodes.map((node) => removeNode(dataDir, state.cluster, node.name)));
  const left =
    (await docker.listContainers({ all: true, filters })).length + (await docker.listNetworks({ filters })).length;
  if (left > 0)
    throw new UserError(
      `${left} containers or networks with the label ${clusterLabel}=${state.cluster} could not be removed: run this again`,
    );
  await removeState(dataDir);
}

/** The agent's own clean-up, run without an agent: only it knows what it makes. */
export async function removeNode(dataDir: string, cluster: string, name: string): Promise<void> {
  const args = [
    programs.agent,
    'remove',
    '--cluster',
    cluster,
    '--node-name',
    name,
    '--data-dir',
    clusterPaths(dataDir).node(name),
  ];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: removeTimeoutMs,
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve(status ?? 1));
  });
  if (code !== 0) throw new UserError(`${name} could not be removed: ${output.trim()}`);
}

async function removeState(dataDir: string): Promise<void> {
  const paths = clusterPaths(dataDir);
  for (const path of [paths.nodes, paths.controller, paths.kubeconfig, paths.caFile])
    await rm(path, { recursive: true, force: true });
  // Last: while it is there, `down` can be repeated.
  await rm(paths.state, { force: true });
}

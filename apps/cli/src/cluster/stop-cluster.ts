import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import type Docker from 'dockerode';
import type { Terminal } from '../output/terminal.ts';
import { messageOf, UserError } from '../output/user-error.ts';
import { type ClusterState, clusterPaths } from './cluster-state.ts';
import { removePoolHosts } from './pool-hosts.ts';
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
  await removePoolHosts(terminal, docker, state.cluster);
  const filters = { label: [`${clusterLabel}=${state.cluster}`] };
  const containers = await docker.listContainers({ all: true, filters });
  if (containers.length > 0) terminal.progress(`removing ${containers.length} containers`);
  const outcomes = await Promise.allSettled(state.nodes.map((node) => removeNode(dataDir, state.cluster, node.name)));
  const problems = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [messageOf(outcome.reason)] : []));
  const networks = await docker.listNetworks({ filters });
  const containersLeft = (await docker.listContainers({ all: true, filters })).length;
  if (containersLeft > 0 || (problems.length > 0 && networks.length === 0)) {
    throw new UserError(`${[`${containersLeft} containers are left`, ...problems].join('; ')}: run this again`);
  }
  if (networks.length > 0) {
    // Engines lose count of a network's endpoints now and then; nothing but their restart frees it.
    const names = networks.map((network) => network.Name).join(', ');
    terminal.warn(
      `the engine keeps ${names}, although nothing uses it, until the engine is restarted (${problems.join('; ')})`,
    );
  }
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
  if (code !== 0) throw new UserError(`${name} could not be removed: ${lastMessage(output)}`);
}

/** What the agent's last log line says went wrong. */
function lastMessage(output: string): string {
  const line = output.trim().split('\n').at(-1) ?? '';
  try {
    const { err, msg } = JSON.parse(line) as { err?: { message?: string }; msg?: string };
    return err?.message ?? msg ?? line;
  } catch {
    // Not a log line: printed as it is.
    return line;
  }
}

async function removeState(dataDir: string): Promise<void> {
  const paths = clusterPaths(dataDir);
  for (const path of [paths.nodes, paths.controller, paths.kubeconfig, paths.caFile])
    await rm(path, { recursive: true, force: true });
  // Last: while it is there, `down` can be repeated.
  await rm(paths.state, { force: true });
}

import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import type Docker from 'dockerode';
import type { Terminal } from '../output/terminal.ts';
import { UserError } from '../output/user-error.ts';
import { type ClusterState, clusterPaths } from './cluster-state.ts';
import { stopProcess } from './processes.ts';

/** The label that every container and network of a cluster carries. */
export const clusterLabel = 'io.gantry.cluster';

const processGraceMs = 5_000;
/** Grace periods of pods are cut to this when a whole cluster ends. */
const containerGraceSeconds = 2;
const parallelStops = 8;

/** Stops the processes of a cluster; its containers run on. */
export async function stopProcesses(state: ClusterState): Promise<void> {
  // Agents first: a controller that is gone would have them reconnect for nothing.
  await Promise.all(state.nodes.map((node) => stopProcess(node.process, processGraceMs)));
  await stopProcess(state.controller, processGraceMs);
}

/**
 * Ends a cluster: resolves when its processes, containers, networks, mounts and state are gone. Logs stay. Safe to
 * repeat after a failure half-way.
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
  await inParallel(containers, async ({ Id }) => {
    const container = docker.getContainer(Id);
    await ignoreGone(container.stop({ t: containerGraceSeconds }));
    await ignoreGone(container.remove({ force: true, v: true }));
  });
  for (const network of await docker.listNetworks({ filters }))
    await ignoreGone(docker.getNetwork(network.Id).remove());
  await removeState(dataDir);
}

async function removeState(dataDir: string): Promise<void> {
  const paths = clusterPaths(dataDir);
  await unmountBelow(paths.nodes);
  for (const path of [paths.nodes, paths.controller, paths.kubeconfig, paths.caFile])
    await rm(path, { recursive: true, force: true });
  // Last: while it is there, `down` can be repeated.
  await rm(paths.state, { force: true });
}

/** Memory volumes are tmpfs mounts: an agent that was killed could not unmount its own. */
async function unmountBelow(dir: string): Promise<void> {
  if (process.platform !== 'linux') return;
  const { readFile } = await import('node:fs/promises');
  const mounts = (await readFile('/proc/self/mounts', 'utf8'))
    .split('\n')
    .map((line) => (line.split(' ')[1] ?? '').replaceAll('\\040', ' '))
    .filter((path) => path.startsWith(`${dir}/`));
  for (const path of mounts.reverse()) {
    await new Promise<void>((resolve, reject) => {
      const child = spawn('umount', ['-l', path], { stdio: 'ignore' });
      child.on('error', reject);
      child.on('close', (code) =>
        code === 0
          ? resolve()
          : reject(new UserError(`${path} could not be unmounted: run \`umount -l '${path}'\` as root`)),
      );
    });
  }
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: parallelStops }, worker));
}

/** 304 and 404: it has stopped or gone already. 409: the engine is removing it just now. */
async function ignoreGone(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    const isGone =
      error instanceof Error && 'statusCode' in error && [304, 404, 409].includes(Number(error.statusCode));
    if (!isGone) throw error;
  }
}

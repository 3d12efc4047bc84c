import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type Docker from 'dockerode';

const run = promisify(execFile);

/** What a cluster has on this host, each as a line that a failing test can show. */
export interface Traces {
  readonly containers: readonly string[];
  readonly networks: readonly string[];
  readonly processes: readonly string[];
  readonly mounts: readonly string[];
  readonly cgroups: readonly string[];
  /** Links, routes, nftables tables and iptables rules of its nodes. */
  readonly network: readonly string[];
}

export const noTraces: Traces = { containers: [], networks: [], processes: [], mounts: [], cgroups: [], network: [] };

/** Everything on this host that belongs to the cluster `name` or its data directory. */
export async function findTraces(docker: Docker, cluster: { name: string; dataDir: string }): Promise<Traces> {
  const filters = { label: [`io.gantry.cluster=${cluster.name}`] };
  const [containers, networks, processes, mounts, cgroups, network] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    findProcesses(cluster.dataDir),
    findMounts(cluster.dataDir),
    findCgroups(cluster.name),
    findNetwork(cluster.name),
  ]);
  return {
    containers: containers.map(({ Names }) => Names.join()),
    networks: networks.map(({ Name }) => Name),
    processes,
    mounts,
    cgroups,
    network,
  };
}

/** Processes that name the directory on their command line or work in it. */
async function findProcesses(dataDir: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid);
  const found = await Promise.all(
    pids.map(async (pid) => {
      // A process may end while it is looked at.
      const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ');
      const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
      return command.includes(dataDir) || cwd.startsWith(dataDir) ? [`${pid} ${command}`] : [];
    }),
  );
  return found.flat();
}

async function findMounts(dataDir: string): Promise<string[]> {
  const escaped = dataDir.replaceAll(' ', '\\040');
  return (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').filter((line) => line.includes(escaped));
}

/** The cluster's own folders, under the controllers of cgroup v1 as well as in the one tree of v2. */
async function findCgroups(cluster: string): Promise<string[]> {
  const root = '/sys/fs/cgroup';
  const trees = [root, ...(await readdir(root)).map((name) => join(root, name))];
  const found = await Promise.all(
    trees.map(async (tree) => {
      const names = await readdir(join(tree, 'gantry')).catch(() => []);
      return names.filter((name) => name.startsWith(cluster)).map((name) => join(tree, 'gantry', name));
    }),
  );
  return found.flat();
}

/** Local clusters name their nodes so; more than any test starts. */
const nodeNames = Array.from({ length: 9 }, (_, i) => `node-${i + 1}`);

/** All that a node has in the host's network carries a hash of cluster and node (docs/architecture.md). */
async function findNetwork(cluster: string): Promise<string[]> {
  const hashes = nodeNames.map((node) => createHash('sha256').update(`${cluster}\n${node}`).digest('hex').slice(0, 6));
  const isOurs = (line: string) => hashes.some((hash) => line.includes(`gt${hash}`) || line.includes(`gantry_${hash}`));
  const listings = [['ip', '-oneline', 'link'], ['ip', 'route'], ['nft', 'list', 'tables'], ['iptables-save']];
  const found = await Promise.all(
    listings.map(async ([command = '', ...args]) => {
      // Where the tool is missing, or not this user's to run, nodes cannot have used it.
      const { stdout } = await run(command, args).catch(() => ({ stdout: '' }));
      return stdout.split('\n').filter(isOurs);
    }),
  );
  return found.flat();
}

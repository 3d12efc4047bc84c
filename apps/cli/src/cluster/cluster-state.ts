import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isSystemError, messageOf, UserError } from '../output/user-error.ts';

/** A process of a local cluster. The start time tells it from another that was given its pid later. */
export interface ClusterProcess {
  readonly pid: number;
  readonly startedAt: string;
}

/** What `gantry up` started, kept in `<data dir>/cluster.json` for `down`, `dashboard` and a second `up`. */
export interface ClusterState {
  readonly version: 1;
  /** Names this cluster on a shared engine: the label of all its containers and networks. */
  readonly cluster: string;
  readonly server: string;
  readonly dashboardPort: number;
  readonly clusterCidr: string;
  /** Absent where an older version wrote the state: 10.96.0.0/16. */
  readonly serviceCidr?: string;
  /** Where the nodes' proxies listen, all of them at the same ports; absent in the state of an older version. */
  readonly ingress?: { readonly httpPort: number; readonly httpsPort: number };
  readonly controller: ClusterProcess;
  readonly nodes: readonly LocalNode[];
  /** The `gantry up` that looks after the processes for as long as it runs: with `--detach` until they are Ready. */
  readonly supervisor?: ClusterProcess;
  /** By this start or by an earlier one of the data directory. */
  readonly isEngineStartedByUs: boolean;
}

/** A node of a local cluster and its agent. */
export interface LocalNode {
  readonly name: string;
  /** What it declares, Kubernetes quantities; absent where an older version wrote the state. */
  readonly cpu?: string;
  readonly memory?: string;
  readonly process: ClusterProcess;
}

/** The places in a data directory. */
export function clusterPaths(dataDir: string) {
  const root = resolve(dataDir);
  return {
    root,
    state: join(root, 'cluster.json'),
    kubeconfig: join(root, 'kubeconfig'),
    controller: join(root, 'controller'),
    logs: join(root, 'logs'),
    caFile: join(root, 'ca.pem'),
    node: (name: string) => join(root, 'nodes', name),
    nodes: join(root, 'nodes'),
  };
}

/** The state of the cluster in a data directory, if one was started there and not ended. */
export async function readClusterState(dataDir: string): Promise<ClusterState | undefined> {
  const path = clusterPaths(dataDir).state;
  try {
    return parseState(await readFile(path, 'utf8'));
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw new UserError(`${path} cannot be read (${messageOf(error)}): remove it if no cluster runs from there`);
  }
}

function parseState(text: string): ClusterState {
  const state = JSON.parse(text) as Partial<ClusterState>;
  if (state.version !== 1) throw new Error('it is not the state of a cluster of this version of Gantry');
  return state as ClusterState;
}

export async function writeClusterState(dataDir: string, state: ClusterState): Promise<void> {
  const path = clusterPaths(dataDir).state;
  await writeFile(`${path}.new`, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** Makes the data directory and proves that it can be written. */
export async function prepareDataDir(dataDir: string): Promise<void> {
  const { root, controller, logs, nodes } = clusterPaths(dataDir);
  await explainingRefusals(root, async () => {
    await makeDirectory(root);
    for (const dir of [controller, logs, nodes]) await mkdir(dir, { recursive: true, mode: 0o700 });
  });
  await probeDirectory(root);
}

/** Throws a `UserError` where the directory's disk is full or it cannot be written. */
export async function probeDirectory(directory: string): Promise<void> {
  const probe = join(directory, '.write-probe');
  await explainingRefusals(directory, async () => {
    try {
      // More than a few blocks: an empty file can be made on a full disk, and a store of nothing needs more than that.
      await writeFile(probe, 'x'.repeat(512 * 1024));
    } finally {
      await rm(probe, { force: true });
    }
  });
}

async function explainingRefusals(directory: string, use: () => Promise<void>): Promise<void> {
  try {
    await use();
  } catch (error) {
    if (isSystemError(error, 'ENOSPC', 'EDQUOT'))
      throw new UserError(
        `no space is left for the data directory ${directory}: free some, or name another with --data-dir`,
      );
    if (isSystemError(error, 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOENT')) {
      throw new UserError(
        `the data directory ${directory} cannot be written (${messageOf(error)}): name another with --data-dir`,
      );
    }
    throw error;
  }
}

/** As mkdir -p. Node's own recursive mkdir never returns below file systems that refuse new folders with ENOENT (/proc). */
async function makeDirectory(path: string): Promise<void> {
  try {
    if ((await stat(path)).isDirectory()) return;
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
    if (dirname(path) !== path) await makeDirectory(dirname(path));
  }
  await mkdir(path, { mode: 0o755 });
}

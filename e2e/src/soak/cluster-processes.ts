import { spawn } from 'node:child_process';
import { open, readdir, readFile, readlink, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitUntil } from '../testbed/deadline.ts';
import { isAlive } from '../testbed/local-cluster.ts';

/** What is needed to start a process again as it was. */
interface Launch {
  readonly command: readonly string[];
  readonly env: Record<string, string>;
  readonly cwd: string;
  readonly logPath: string;
}

interface ClusterFile {
  controller: ProcessEntry;
  nodes: { name: string; process: ProcessEntry }[];
}

interface ProcessEntry {
  pid: number;
  startedAt: string;
}

/** What a process uses at one moment. */
export interface ProcessUsage {
  readonly rssMegabytes: number;
  /** But for the files of cgroups that exist, which an agent holds open for each container: they come and go with it. */
  readonly fileDescriptors: number;
}

export const controllerName = 'controller';

/**
 * The processes of a local cluster, by `controller` or node name: kills them, starts them again with the command and
 * environment they had, stops and continues them. The cluster's state file is kept right, so that `down` finds them.
 */
export class ClusterProcesses {
  readonly #stateFile: string;
  readonly #launches = new Map<string, Launch>();
  readonly #paused = new Set<string>();

  constructor(dataDir: string) {
    this.#stateFile = join(dataDir, 'cluster.json');
  }

  async agents(): Promise<string[]> {
    return (await this.#readState()).nodes.map(({ name }) => name);
  }

  async pid(name: string): Promise<number> {
    return entryOf(await this.#readState(), name).pid;
  }

  /** `kill -9`; resolves when the process is gone. */
  async kill(name: string): Promise<void> {
    const pid = await this.pid(name);
    this.#launches.set(name, await readLaunch(pid));
    process.kill(pid, 'SIGKILL');
    await waitUntil(`${name} is gone`, 60_000, async () => !(await isRunning(pid)));
  }

  /** Starts what {@link kill} ended; resolves when the process runs, not when it has come up. */
  async start(name: string): Promise<void> {
    const launch = this.#launches.get(name);
    if (!launch) throw new Error(`${name} was not killed`);
    const entry = await spawnDetached(launch);
    const state = await this.#readState();
    Object.assign(entryOf(state, name), entry);
    // As `up` does: whoever reads meanwhile sees one or the other.
    await writeFile(`${this.#stateFile}.new`, JSON.stringify(state, undefined, 2), { mode: 0o600 });
    await rename(`${this.#stateFile}.new`, this.#stateFile);
    this.#launches.delete(name);
  }

  /** SIGSTOP: the process keeps its connections and answers nothing. */
  async pause(name: string): Promise<void> {
    process.kill(await this.pid(name), 'SIGSTOP');
    this.#paused.add(name);
  }

  async resume(name: string): Promise<void> {
    process.kill(await this.pid(name), 'SIGCONT');
    this.#paused.delete(name);
  }

  /** Whatever was killed or paused runs again. */
  async restore(): Promise<void> {
    for (const name of [...this.#paused]) await this.resume(name);
    for (const name of [...this.#launches.keys()]) if (!isAlive(await this.pid(name))) await this.start(name);
  }

  async usage(name: string): Promise<ProcessUsage> {
    const pid = await this.pid(name);
    const [status, descriptors] = await Promise.all([
      readFile(`/proc/${pid}/status`, 'utf8'),
      countDescriptors(`/proc/${pid}/fd`),
    ]);
    const rssKilobytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN);
    return { rssMegabytes: rssKilobytes / 1024, fileDescriptors: descriptors };
  }

  async #readState(): Promise<ClusterFile> {
    return JSON.parse(await readFile(this.#stateFile, 'utf8')) as ClusterFile;
  }
}

function entryOf(state: ClusterFile, name: string): ProcessEntry {
  const entry = name === controllerName ? state.controller : state.nodes.find((node) => node.name === name)?.process;
  if (!entry) throw new Error(`the cluster has no process ${name}`);
  return entry;
}

async function readLaunch(pid: number): Promise<Launch> {
  const [command, environment, cwd, logPath] = await Promise.all([
    readFile(`/proc/${pid}/cmdline`, 'utf8'),
    readFile(`/proc/${pid}/environ`, 'utf8'),
    readlink(`/proc/${pid}/cwd`),
    readlink(`/proc/${pid}/fd/1`),
  ]);
  const pairs = splitNul(environment).map((pair): [string, string] => {
    const end = pair.indexOf('=');
    return [pair.slice(0, end), pair.slice(end + 1)];
  });
  return { command: splitNul(command), env: Object.fromEntries(pairs), cwd, logPath };
}

async function spawnDetached({ command, env, cwd, logPath }: Launch): Promise<ProcessEntry> {
  const [program = '', ...args] = command;
  const log = await open(logPath, 'a');
  try {
    const child = spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', log.fd, log.fd] });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    const pid = child.pid ?? 0;
    return { pid, startedAt: (await statFields(pid))[19] ?? '' };
  } finally {
    await log.close();
  }
}

/** A zombie counts as ended: its parent may be slow to collect it. */
async function isRunning(pid: number): Promise<boolean> {
  const [state = 'Z'] = await statFields(pid);
  return state !== 'Z';
}

/** The fields of /proc/PID/stat from the state on; none where there is no such process. */
async function statFields(pid: number): Promise<string[]> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The command name, in parentheses, may hold spaces.
  return stat === '' ? [] : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function splitNul(text: string): string[] {
  return text.split('\0').filter((part) => part !== '');
}

async function countDescriptors(folder: string): Promise<number> {
  // One that was closed meanwhile has no target any more.
  const targets = await Promise.all(
    (await readdir(folder)).map((name) => readlink(join(folder, name)).catch(() => '')),
  );
  return targets.filter((target) => !target.startsWith('/sys/fs/cgroup/') || target.endsWith(' (deleted)')).length;
}

import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { type ApiAddress, HttpClient } from './http-client.ts';

export const repositoryRoot: string = fileURLToPath(new URL('../../../', import.meta.url));

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly timeoutMs?: number;
}

/** Runs a command to its end; never rejects for a non-zero exit. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { cwd = repositoryRoot, env = {}, input, timeoutMs = 240_000 } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString('utf8');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString('utf8');
    });
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 137, stdout, stderr });
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** A cluster on this host's engine, started with the command that the README names. */
export class LocalCluster implements AsyncDisposable {
  readonly dataDir: string;
  readonly address: ApiAddress;
  /** What `npm start` printed. */
  readonly output: string;

  private constructor(dataDir: string, address: ApiAddress, output: string) {
    this.dataDir = dataDir;
    this.address = address;
    this.output = output;
  }

  /** `npm start -- --detach ARGS`; rejects with its output where it fails. */
  static async start(args: readonly string[] = [], dataDir?: string): Promise<LocalCluster> {
    const dir = dataDir ?? (await makeDataDir());
    const { code, stdout, stderr } = await runCommand('npm', ['start', '--', '--detach', '--data-dir', dir, ...args]);
    if (code !== 0) throw new Error(`npm start failed (${code}):\n${stdout}\n${stderr}`);
    return new LocalCluster(dir, await readAddress(join(dir, 'kubeconfig')), stdout);
  }

  get kubeconfig(): string {
    return join(this.dataDir, 'kubeconfig');
  }

  client(sockets = 8): HttpClient {
    return new HttpClient(this.address, sockets);
  }

  /** The state file of `gantry up`: names and pids. */
  async state(): Promise<{
    cluster: string;
    controller: { pid: number };
    nodes: { name: string; process: { pid: number } }[];
    ingress?: { httpPort: number; httpsPort: number };
  }> {
    return JSON.parse(await readFile(join(this.dataDir, 'cluster.json'), 'utf8'));
  }

  /** `npm run down`, and the folder. */
  async stop(): Promise<void> {
    const { code, stdout, stderr } = await runCommand('npm', ['run', 'down', '--', '--data-dir', this.dataDir]);
    if (code !== 0) throw new Error(`npm run down failed (${code}):\n${stdout}\n${stderr}`);
    await rm(this.dataDir, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

const dataDirPrefix = 'gantry e2e ';

/** A data directory with a space in its name and the test process's id; those of dead processes are cleared first. */
async function makeDataDir(): Promise<string> {
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(dataDirPrefix) ? Number(name.slice(dataDirPrefix.length).split(' ')[0]) : Number.NaN;
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    const dir = join(tmpdir(), name);
    const { code, stderr } = await runCommand('npm', ['run', 'down', '--', '--data-dir', dir]);
    if (code === 0) await rm(dir, { recursive: true, force: true });
    else console.warn(`a cluster that an earlier test left in ${dir} could not be removed: ${stderr}`);
  }
  return mkdtemp(join(tmpdir(), `${dataDirPrefix}${process.pid} `));
}

/** Whether a process of this id runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // No such process.
    return false;
  }
}

interface Kubeconfig {
  clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }];
  users: [{ user: { token: string } }];
}

/** The address in a kubeconfig that `gantry up` wrote. */
export async function readAddress(path: string): Promise<ApiAddress> {
  const { clusters, users } = parse(await readFile(path, 'utf8')) as Kubeconfig;
  const { cluster } = clusters[0];
  return {
    server: cluster.server,
    caPem: Buffer.from(cluster['certificate-authority-data'], 'base64').toString('utf8'),
    token: users[0].user.token,
  };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { messageOf, UserError } from '../output/user-error.ts';
import type { ClusterProcess } from './cluster-state.ts';

const repositoryRoot = fileURLToPath(new URL('../../../../', import.meta.url));

/** The entry points of the two programs a cluster consists of, and of the page without a cluster. */
export const programs = {
  controller: `${repositoryRoot}apps/controller/src/main.ts`,
  agent: `${repositoryRoot}apps/agent/src/main.ts`,
  mockDashboard: `${repositoryRoot}apps/dashboard/mock/main.ts`,
} as const;

/** A child that outlives us, with its output in a log file. */
export interface StartedProcess extends ClusterProcess {
  readonly name: string;
  readonly logPath: string;
  readonly child: ChildProcess;
}

/** Starts a program of ours in a session of its own, so that a Ctrl-C at the terminal reaches only us. */
export async function startProgram(options: {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly logPath: string;
  readonly env?: Readonly<Record<string, string>>;
}): Promise<StartedProcess> {
  const { name, program, args, logPath } = options;
  const log = await open(logPath, 'a', 0o600);
  try {
    const child = spawn(process.execPath, [...nodeFlags, program, ...args], {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: { ...memoryEnvironment, ...process.env, ...options.env },
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => reject(new UserError(`${name} could not be started: ${messageOf(error)}`)));
    });
    child.unref();
    const pid = child.pid ?? 0;
    return { name, pid, startedAt: (await processStart(pid)) ?? '', logPath, child };
  } finally {
    await log.close();
  }
}

/**
 * Keeps programs small: compiled code is kept on disk, so that the TypeScript compiler need not be loaded at every
 * start, and glibc shares two arenas between the threads instead of growing one for each. It also raises the size from
 * which memory is given back at once to that of the largest buffer it ever freed, unless it is told the size: after one
 * long answer, then, the holes that others leave would stay with the process.
 */
const memoryEnvironment = {
  NODE_COMPILE_CACHE: `${repositoryRoot}node_modules/.cache/gantry-compile`,
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '131072',
};

/** A smaller young generation keeps idle processes small; long-lived data lives in the old one either way. */
const nodeFlags = ['--max-semi-space-size=8', '--disable-warning=ExperimentalWarning'];

/** Whether the process still runs and is the one that was started. */
export async function isRunning(process_: ClusterProcess): Promise<boolean> {
  try {
    process.kill(process_.pid, 0);
  } catch {
    // No such process.
    return false;
  }
  const start = await processStart(process_.pid);
  return start === undefined || process_.startedAt === '' || start === process_.startedAt;
}

/** A process as it is written down. */
export function identityOf({ pid, startedAt }: ClusterProcess): ClusterProcess {
  return { pid, startedAt };
}

/** This process, as it is written down. */
export async function ownProcess(): Promise<ClusterProcess> {
  return { pid: process.pid, startedAt: (await processStart(process.pid)) ?? '' };
}

/** Asks the process to end, kills it after `graceMs`; resolves when it is gone. */
export async function stopProcess(process_: ClusterProcess, graceMs: number): Promise<void> {
  if (!(await isRunning(process_))) return;
  signal(process_.pid, 'SIGTERM');
  const deadline = Date.now() + graceMs;
  let isKilled = false;
  while (await isRunning(process_)) {
    if (!isKilled && Date.now() > deadline) {
      signal(process_.pid, 'SIGKILL');
      isKilled = true;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The last lines of a log, for the message when a program ends early. */
export async function logTail(path: string, lines = 5): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.trim().split('\n').slice(-lines).join('\n');
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has just ended by itself.
  }
}

/** The kernel's start time of a process; undefined where there is no /proc, '' or a zombie counts as ended. */
async function processStart(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The command name, in parentheses, may hold spaces: fields count from behind it. State is the 3rd, start the 22nd.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z') return 'ended';
  return fields[19] ?? 'ended';
}

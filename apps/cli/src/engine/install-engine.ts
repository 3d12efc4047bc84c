import { spawn } from 'node:child_process';
import { access, open, readFile } from 'node:fs/promises';
import type Docker from 'dockerode';
import type { Terminal } from '../output/terminal.ts';
import { messageOf, UserError } from '../output/user-error.ts';
import {
  checkEngineAddress,
  type EngineInfo,
  type EngineSearch,
  findEngine,
  lookForEngine,
  openEngine,
} from './engine.ts';

const packages = ['docker.io', 'iptables', 'iproute2', 'nftables'];
const engineLog = '/var/log/gantry-dockerd.log';
const startTimeoutMs = 60_000;
const defaultSocket = '/var/run/docker.sock';

/** An engine that answers, and whether it was this call that started it. */
export interface ReadyEngine {
  readonly docker: Docker;
  readonly info: EngineInfo;
  readonly isStartedByUs: boolean;
}

/**
 * Finds an engine; where none answers and this is root on Debian or Ubuntu, installs and starts one, saying so.
 * Elsewhere fails with two lines that say what to install.
 */
export async function ensureEngine(terminal: Terminal): Promise<ReadyEngine> {
  checkEngineAddress();
  const docker = openEngine();
  const found = await findEngine(terminal, docker);
  if (found.type === 'found') return { docker, info: found.info, isStartedByUs: false };
  const refusal = engineRefusal(found, { dockerHost: process.env.DOCKER_HOST, canInstall: await canInstall() });
  if (refusal !== undefined) throw new UserError(refusal);
  if (!(await exists('/usr/bin/dockerd')) && !(await exists('/usr/sbin/dockerd'))) await installEngine(terminal);
  terminal.progress('no Docker Engine answers: starting dockerd');
  await startEngine();
  const info = await waitForEngine(docker);
  terminal.line(
    `started a Docker Engine ${info.serverVersion} (log: ${engineLog}); it is left running when Gantry stops`,
  );
  return { docker, info, isStartedByUs: true };
}

/**
 * The two lines that say what to do where no engine is of use and none may be installed; undefined where one may be. Pure.
 * Another engine is never started beside one that is there, or that the user named.
 */
export function engineRefusal(
  found: Exclude<EngineSearch, { readonly type: 'found' }>,
  here: { readonly dockerHost: string | undefined; readonly canInstall: boolean },
): string | undefined {
  const { type, why } = found;
  const { dockerHost, canInstall } = here;
  if (dockerHost)
    return `no Docker Engine answers at DOCKER_HOST=${dockerHost}: ${why}\nStart that engine, or unset DOCKER_HOST to use ${defaultSocket}.`;
  if (type === 'silent')
    return `the Docker Engine at unix://${defaultSocket} does not answer: ${why}\nRestart it, or try again when it is less busy.`;
  if (canInstall) return undefined;
  return `no Docker Engine answers at unix://${defaultSocket}: ${why}\nInstall Docker Engine 20.10 or newer (https://docs.docker.com/engine/install/), start it, and make sure that you may use its socket.`;
}

async function canInstall(): Promise<boolean> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    return /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(await readFile('/etc/os-release', 'utf8'));
  } catch {
    // No os-release: not one of the distributions this knows to install on.
    return false;
  }
}

async function installEngine(terminal: Terminal): Promise<void> {
  terminal.progress(`no Docker Engine here: installing ${packages.join(', ')} with apt-get (about a minute)`);
  await run('apt-get', ['update', '-qq']);
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages]);
}

async function startEngine(): Promise<void> {
  const log = await open(engineLog, 'a');
  const child = spawn('dockerd', [], { detached: true, stdio: ['ignore', log.fd, log.fd] });
  child.on('error', () => undefined);
  child.unref();
  await log.close();
}

async function waitForEngine(docker: Docker): Promise<EngineInfo> {
  const deadline = Date.now() + startTimeoutMs;
  for (;;) {
    const found = await lookForEngine(docker, 2_000);
    if (found.type === 'found') return found.info;
    if (Date.now() > deadline) {
      throw new UserError(
        `dockerd was started but did not answer within ${startTimeoutMs / 1000} s; its log is ${engineLog}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function run(command: string, args: readonly string[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  let tail = '';
  const keep = (chunk: Buffer) => {
    tail = (tail + chunk.toString('utf8')).slice(-2_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.on('error', (error) => reject(new UserError(`${command} could not be run: ${messageOf(error)}`)));
  child.on('close', (code) => {
    const lastLine = tail.trim().split('\n').at(-1) ?? '';
    if (code === 0) resolve();
    else reject(new UserError(`\`${command} ${args.join(' ')}\` failed (${code ?? 'killed'}): ${lastLine}`));
  });
  return promise;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

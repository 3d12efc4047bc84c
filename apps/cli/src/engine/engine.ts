import { isIP } from 'node:net';
import Docker from 'dockerode';
import type { Terminal } from '../output/terminal.ts';
import { messageOf, UserError } from '../output/user-error.ts';

const patienceMs = 25_000;

/** What the engine's host offers. */
export interface EngineInfo {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly serverVersion: string;
  readonly operatingSystem: string;
  /** `linux`, or `windows` for Windows containers, which Gantry does not run. */
  readonly osType: string;
}

/** The engine as the environment names it: DOCKER_HOST, else the default socket. */
export function openEngine(): Docker {
  return new Docker();
}

/** Where {@link openEngine} looks, for messages. */
export function engineAddress(): string {
  return process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock';
}

/** What stands at the engine's address, and why where it is of no use. */
export type EngineSearch =
  | { readonly type: 'found'; readonly info: EngineInfo }
  /** Somebody holds the address, but gives no answer that helps: another engine beside it would help nobody. */
  | { readonly type: 'silent'; readonly why: string }
  | { readonly type: 'absent'; readonly why: string };

/** Asks the engine who it is; never rejects. */
export async function lookForEngine(docker: Docker, timeoutMs = 5_000): Promise<EngineSearch> {
  const late = new Error(`no answer within ${timeoutMs / 1000} s`);
  try {
    const info = await withTimeout(docker.info() as Promise<RawInfo>, timeoutMs, late);
    return { type: 'found', info: toEngineInfo(info) };
  } catch (error) {
    const isThere = error === late || (error instanceof Error && 'statusCode' in error);
    return { type: isThere ? 'silent' : 'absent', why: messageOf(error).trim() };
  }
}

/** As {@link lookForEngine}; a busy engine is given time before it counts as one that hangs. */
export async function findEngine(terminal: Terminal, docker: Docker): Promise<EngineSearch> {
  const quick = await lookForEngine(docker);
  if (quick.type !== 'silent') return quick;
  terminal.progress(`the Docker Engine does not answer yet (${quick.why}): waiting for it`);
  return lookForEngine(docker, patienceMs);
}

function toEngineInfo(info: RawInfo): EngineInfo {
  return {
    cpus: info.NCPU,
    memoryBytes: info.MemTotal,
    serverVersion: info.ServerVersion,
    operatingSystem: info.OperatingSystem,
    osType: info.OSType,
  };
}

interface RawInfo {
  NCPU: number;
  MemTotal: number;
  ServerVersion: string;
  OperatingSystem: string;
  OSType: string;
}

/**
 * Refuses an engine that is not of this machine, by its address: pods mount files of the machine that their agent runs
 * on. One behind a loopback address counts as this machine's.
 */
export function checkEngineAddress(address = engineAddress()): void {
  if (isOfThisMachine(address)) return;
  throw new UserError(
    `the Docker Engine at DOCKER_HOST=${address} is of another machine, and pods need files of the machine that their agent runs on: run \`npm start\` there, or join that machine to a cluster with the line of \`npx gantry join\`; unset DOCKER_HOST to use the engine here`,
  );
}

function isOfThisMachine(address: string): boolean {
  if (!address.includes('://')) return address.startsWith('/') || isLoopback(address.split(':')[0] ?? '');
  const url = URL.parse(address);
  if (!url) return true;
  if (['unix:', 'npipe:'].includes(url.protocol)) return true;
  return url.protocol !== 'ssh:' && isLoopback(url.hostname.replace(/^\[|\]$/g, ''));
}

function isLoopback(host: string): boolean {
  return host === '' || host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Refuses an engine that cannot run pods. */
export function checkEngine(info: EngineInfo): void {
  if (info.osType !== 'linux')
    throw new UserError(
      `the Docker Engine at ${engineAddress()} runs ${info.osType} containers; switch it to Linux containers`,
    );
  const [major = 0, minor = 0] = info.serverVersion.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 10)) {
    throw new UserError(
      `the Docker Engine at ${engineAddress()} is version ${info.serverVersion}; 20.10 or newer is needed`,
    );
  }
}

function withTimeout<T>(promise: Promise<T>, timeoutMs: number, late: Error): Promise<T> {
  const { promise: expired, reject } = Promise.withResolvers<T>();
  const timer = setTimeout(() => reject(late), timeoutMs);
  return Promise.race([promise, expired]).finally(() => clearTimeout(timer));
}

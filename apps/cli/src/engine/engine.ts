import Docker from 'dockerode';
import { messageOf, UserError } from '../output/user-error.ts';

/** What the engine's host offers. */
export interface EngineInfo {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly serverVersion: string;
  readonly operatingSystem: string;
  /** `linux`, or `windows` for Windows containers, which Gantry does not run. */
  readonly osType: string;
  /** The same kernel as ours: what the engine bind-mounts is what we see. */
  readonly isLocal: boolean;
}

/** The engine as the environment names it: DOCKER_HOST, else the default socket. */
export function openEngine(): Docker {
  return new Docker();
}

/** Where {@link openEngine} looks, for messages. */
export function engineAddress(): string {
  return process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock';
}

/** Asks the engine who it is; undefined where none answers. */
export async function probeEngine(docker: Docker, timeoutMs = 5_000): Promise<EngineInfo | undefined> {
  try {
    const info = await withTimeout(docker.info() as Promise<RawInfo>, timeoutMs);
    return {
      cpus: info.NCPU,
      memoryBytes: info.MemTotal,
      serverVersion: info.ServerVersion,
      operatingSystem: info.OperatingSystem,
      osType: info.OSType,
      isLocal: engineAddress().startsWith('unix:'),
    };
  } catch {
    // Refused, no such socket, no permission, no answer: all the same to the caller, who says what to do.
    return undefined;
  }
}

interface RawInfo {
  NCPU: number;
  MemTotal: number;
  ServerVersion: string;
  OperatingSystem: string;
  OSType: string;
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

function withTimeout<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<T>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Why the engine does not answer, as far as a connection attempt tells. */
export async function explainNoEngine(docker: Docker): Promise<string> {
  try {
    await withTimeout(docker.ping() as Promise<unknown>, 3_000);
    return 'it answers a ping but not /info';
  } catch (error) {
    return messageOf(error);
  }
}

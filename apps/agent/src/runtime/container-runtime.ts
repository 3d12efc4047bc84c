import type { Readable } from 'node:stream';
import type { BlockIoLimits } from '@gantry/core/pod/block-io';
import type { ContainerProcess, ProcessStreams } from './container-process.ts';
import type { ImageRuntime } from './image-runtime.ts';

export type { ImageDetails, ImageHistory, ImageRuntime, PullOptions, RegistryAuth } from './image-runtime.ts';

/**
 * What the agent asks of a container engine, in the engine's own words but without any client library's types.
 *
 * - Every call is bounded in time and fails with a {@link RuntimeError}; nothing else is thrown.
 * - Calls are idempotent where the engine can say "already so": starting a running container, stopping, killing or
 *   removing one that is gone all succeed.
 * - Calls may run at the same time; nothing is ordered but by waiting.
 */
export interface ContainerRuntime extends ImageRuntime {
  info(): Promise<EngineInfo>;
  /** Creates without starting; `conflict` where the name is taken, `noSuchImage` where the image is missing. */
  createContainer(spec: ContainerSpec): Promise<CreatedContainer>;
  startContainer(id: string): Promise<void>;
  /** Sends the container's stop signal, after `graceSeconds` SIGKILL; resolves when it has stopped. */
  stopContainer(id: string, graceSeconds: number): Promise<void>;
  /** Sends SIGKILL and does not wait. */
  killContainer(id: string): Promise<void>;
  /** Removes, killing it where it still runs, its anonymous volumes included. */
  removeContainer(id: string): Promise<void>;
  /** Changes cgroup settings of a container while it runs; what is undefined or 0 stays as it is. */
  updateContainer(id: string, resources: Omit<ContainerResources, 'oomScoreAdj' | 'pidsLimit'>): Promise<void>;
  /** By id or name; undefined where there is none. */
  inspectContainer(idOrName: string): Promise<ContainerDetails | undefined>;
  /** What the container has written on top of its image and to its log; costs the engine a walk over the files. */
  writableBytes(id: string): Promise<number | undefined>;
  /** The same without the log. */
  writableLayerBytes(id: string): Promise<number | undefined>;
  /** Running and stopped ones that carry all the labels. */
  listContainers(labels: Readonly<Record<string, string>>): Promise<readonly ContainerSummary[]>;
  /** Runs a command inside; the output (both streams, in order) is cut at 10 KiB. Rejects with `timeout`. */
  exec(id: string, command: readonly string[], timeoutMs: number): Promise<ExecResult>;
  /** Runs a command inside, connected with its standard streams; `notFound`, `conflict` where it is not running. */
  openExec(id: string, command: readonly string[], streams: ProcessStreams): Promise<ContainerProcess>;
  /** Connects with the container's own process; `streams.tty` must be as the container has it. */
  attach(id: string, streams: ProcessStreams): Promise<ContainerProcess>;
  /** The container's output; ends with the container where it follows. Destroying the stream closes it. */
  openLogs(id: string, options: RuntimeLogOptions, signal: AbortSignal): Promise<Readable>;
  /** The ranges of the engine's own bridges, in each of which its host has an address. */
  bridgeSubnets(): Promise<readonly string[]>;
  /** Creates the bridge network unless one of that name and subnet is there. */
  ensureNetwork(spec: NetworkSpec): Promise<void>;
  /** Removes the networks that carry all the labels. */
  removeNetworks(labels: Readonly<Record<string, string>>): Promise<void>;
  /**
   * Hears of containers that carry the labels and of images until the signal aborts. Resolves once the engine is
   * listening; `onEnd` is called once when the stream breaks (not after an abort). Events may be lost: relist after.
   */
  watch(labels: Readonly<Record<string, string>>, handlers: WatchHandlers, signal: AbortSignal): Promise<void>;
}

export interface EngineInfo {
  readonly version: string;
  readonly apiVersion: string;
  readonly operatingSystem: string;
  readonly osType: string;
  /** Go's name: amd64, arm64, … */
  readonly architecture: string;
  readonly kernelVersion: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly cgroupDriver: string;
  readonly cgroupVersion: 1 | 2;
  readonly rootDirectory: string;
  /** What it confines containers with: `seccomp`, `apparmor`, `selinux`, `cgroupns`, … */
  readonly securityOptions: readonly string[];
  /** Whether it runs without root, in a network namespace of its own. */
  readonly isRootless: boolean;
  /** The engine's own id. */
  readonly id: string;
}

export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly workingDirectory?: string;
  /** `NAME=value`. */
  readonly environment: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly hostname: string;
  /** The signal that asks it to stop; the image's, or SIGTERM, where undefined. */
  readonly stopSignal?: string;
  readonly hasTty: boolean;
  readonly keepsStdinOpen: boolean;
  readonly closesStdinAfterAttach: boolean;
  /** `uid`, `uid:gid` or `:gid` filled in from the image; the image's own where undefined. */
  readonly user?: string;
  readonly extraGroups: readonly string[];
  readonly resources: ContainerResources;
  readonly blockIo?: ContainerBlockIo;
  readonly security: ContainerSecurity;
  readonly mounts: readonly ContainerMount[];
  readonly ports: readonly PublishedPort[];
  readonly network: ContainerNetwork;
  /** Its own process tree where undefined. */
  readonly pidMode?: JoinedNamespace;
  /** Its own shared memory, which nobody can join, where undefined; `shareable` ones can be joined. */
  readonly ipcMode?: JoinedNamespace | { readonly type: 'shareable' };
  readonly cgroupParent?: string;
  readonly sysctls?: Readonly<Record<string, string>>;
}

/** The host's own namespace, or that of a container, which has to run when the joining one is started. */
export type JoinedNamespace = { readonly type: 'host' } | { readonly type: 'container'; readonly id: string };

/**
 * The network namespace of a container. One that joins another's, or the host's, takes host name, `/etc/hosts` and
 * `/etc/resolv.conf` over with it and cannot publish ports: those of its own spec are left out.
 */
export type ContainerNetwork =
  /** Its own, on a bridge of the engine. */
  | { readonly type: 'bridge'; readonly name: string; readonly ip: string }
  /** Its own, with nothing in it but the loopback device. */
  | { readonly type: 'none' }
  | JoinedNamespace;

/** cgroup settings as the engine takes them; 0 or undefined leaves one unset. */
export interface ContainerResources {
  readonly memoryBytes?: number;
  readonly memorySwapBytes?: number;
  readonly memoryReservationBytes?: number;
  readonly cpuShares: number;
  /** Microseconds per period of 100 ms. */
  readonly cpuQuota?: number;
  readonly pidsLimit?: number;
  readonly oomScoreAdj: number;
}

/** Limits of block I/O; each rate, a second, is for every one of the devices. */
export interface ContainerBlockIo extends BlockIoLimits {
  /** Device files on the engine's host, of whole disks. */
  readonly devices: readonly string[];
}

export interface ContainerSecurity {
  readonly privileged: boolean;
  readonly readOnlyRootFilesystem: boolean;
  readonly noNewPrivileges: boolean;
  readonly addedCapabilities: readonly string[];
  readonly droppedCapabilities: readonly string[];
  /** Further `--security-opt` values. */
  readonly options: readonly string[];
  readonly unmaskedPaths: boolean;
}

export interface ContainerMount {
  /** A path on the engine's host. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  /** How mounts made below it later pass to and from the host; not at all by default. */
  readonly propagation?: 'rprivate' | 'rslave' | 'rshared';
  /** Read-only also where something else is mounted below it; Docker Engine 25 and newer. */
  readonly isRecursivelyReadOnly?: boolean;
}

export interface PublishedPort {
  readonly containerPort: number;
  readonly hostPort: number;
  readonly hostIp: string;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
}

export interface CreatedContainer {
  readonly id: string;
  /** What the engine leaves out of the spec because its kernel cannot, in its words. */
  readonly warnings: readonly string[];
}

export type ContainerRunState = 'created' | 'running' | 'exited';

export interface ContainerSummary {
  readonly id: string;
  readonly name: string;
  readonly state: ContainerRunState;
  readonly labels: Readonly<Record<string, string>>;
  readonly imageId: string;
  /** What it was made with: nothing, so that whoever made it connects it; another's namespace; or a network of the engine. */
  readonly network: 'none' | 'joined' | 'bridge';
}

export interface ContainerDetails extends ContainerSummary {
  readonly pid: number;
  /** Milliseconds since the epoch; undefined where it has not happened. */
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  /** Why the engine could not start it; empty where it did. */
  readonly error: string;
  readonly hasTty: boolean;
  readonly resources: ContainerResources;
  /** Its static address in the pod network, also while stopped. */
  readonly ip: string | undefined;
}

export interface ExecResult {
  readonly exitCode: number;
  readonly output: string;
}

export interface RuntimeLogOptions {
  readonly follow: boolean;
  readonly timestamps: boolean;
  /** Seconds since the epoch, with fraction. */
  readonly since?: number;
  readonly tailLines?: number;
  readonly hasTty: boolean;
}

export interface NetworkSpec {
  readonly name: string;
  /** IPv4 range in CIDR notation; its first address is the gateway. */
  readonly subnet: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface WatchHandlers {
  /** `labels` are the container's own. */
  onContainer(event: ContainerEvent): void;
  /** Images were pulled, imported, tagged or removed. */
  onImages(): void;
  onEnd(error: unknown): void;
}

export interface ContainerEvent {
  readonly id: string;
  /** `oom` may come before or after the `die` that it explains. */
  readonly action: 'die' | 'destroy' | 'oom';
  readonly labels: Readonly<Record<string, string>>;
}

export type RuntimeErrorCode =
  /** The engine does not answer: not there, restarting, connection lost. */
  | 'unreachable'
  /** The engine took longer than the call may. */
  | 'timeout'
  | 'notFound'
  | 'noSuchImage'
  | 'conflict'
  /** The engine answered that it cannot: bad parameters, a command that does not exist, a port in use. */
  | 'refused'
  | 'registryUnreachable'
  | 'pullRefused';

/** The one error of {@link ContainerRuntime}. The message is the engine's own text. */
export class RuntimeError extends Error {
  readonly code: RuntimeErrorCode;

  constructor(code: RuntimeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RuntimeError';
    this.code = code;
  }
}

/** True for a {@link RuntimeError} with one of the codes. */
export function isRuntimeError(error: unknown, ...codes: RuntimeErrorCode[]): error is RuntimeError {
  return error instanceof RuntimeError && (codes.length === 0 || codes.includes(error.code));
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import { PassThrough, pipeline, type Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import type { EngineMeter } from '../metrics/agent-instruments.ts';
import type { ContainerProcess, ProcessStreams } from './container-process.ts';
import {
  type ContainerDetails,
  type ContainerResources,
  type ContainerRuntime,
  type ContainerSpec,
  type ContainerSummary,
  type CreatedContainer,
  type EngineInfo,
  type ExecResult,
  type ImageDetails,
  type ImageHistory,
  isRuntimeError,
  type NetworkSpec,
  type PullOptions,
  RuntimeError,
  type RuntimeLogOptions,
  type WatchHandlers,
} from './container-runtime.ts';
import { Demultiplex } from './demultiplex.ts';
import { type DockerInspect, type DockerListItem, toDetails, toSummary } from './docker-answers.ts';
import { DockerClient, type EngineAddress } from './docker-client.ts';
import { createBody, updateBody } from './docker-create.ts';
import { imageHistory, inspectImage, listImages, loadImage, removeImage } from './docker-images.ts';
import { logBytes } from './docker-logs.ts';
import { ensureBridge, listBridgeSubnets, removeLabelledNetworks } from './docker-networks.ts';
import { attachToContainer, openDockerExec } from './docker-process.ts';
import { pullThroughEngine } from './docker-pull.ts';
import { watchEngine } from './docker-watch.ts';

const removalTries = 20;
const removalRetryMs = 250;
const execOutputLimit = 10 * 1024;
/** Creating and starting may wait for a busy engine; longer than this it hangs. */
const startTimeoutMs = 120_000;

/** Docker Engine 20.10 (API 1.41) and later, at a socket or TCP address. */
export class DockerRuntime implements ContainerRuntime {
  readonly #client: DockerClient;

  /** `meter` is told of every call. */
  constructor(address: EngineAddress = {}, meter?: EngineMeter) {
    this.#client = new DockerClient(address, meter);
  }

  async info(): Promise<EngineInfo> {
    const get = { method: 'GET', timeoutMs: 10_000 } as const;
    const [info, version] = await Promise.all([
      this.#client.json<DockerInfo>({ ...get, path: '/info' }),
      this.#client.json<DockerVersion>({ ...get, path: '/version' }),
    ]);
    return {
      version: info.ServerVersion.replace(/\+.*$/, ''),
      apiVersion: version.ApiVersion,
      operatingSystem: info.OperatingSystem,
      osType: info.OSType,
      architecture: version.Arch,
      kernelVersion: info.KernelVersion,
      cpus: info.NCPU,
      memoryBytes: info.MemTotal,
      cgroupDriver: info.CgroupDriver,
      cgroupVersion: info.CgroupVersion === '2' ? 2 : 1,
      rootDirectory: info.DockerRootDir,
      securityOptions: (info.SecurityOptions ?? []).map((text) => text.replace(/^name=([^,]*).*$/, '$1')),
      isRootless: (info.SecurityOptions ?? []).includes('name=rootless'),
      id: info.ID,
    };
  }

  async createContainer(spec: ContainerSpec): Promise<CreatedContainer> {
    const { Id, Warnings } = await this.#client.json<{ Id: string; Warnings?: string[] | null }>({
      method: 'POST',
      path: '/containers/create',
      query: { name: spec.name },
      body: createBody(spec),
      timeoutMs: startTimeoutMs,
    });
    return { id: Id, warnings: Warnings ?? [] };
  }

  async startContainer(id: string): Promise<void> {
    await this.#client.act({ method: 'POST', path: `/containers/${id}/start`, timeoutMs: startTimeoutMs });
  }

  async stopContainer(id: string, graceSeconds: number): Promise<void> {
    await this.#client.act(
      {
        method: 'POST',
        path: `/containers/${id}/stop`,
        query: { t: Math.max(0, Math.ceil(graceSeconds)) },
        timeoutMs: (graceSeconds + 30) * 1000,
      },
      [404],
    );
  }

  async killContainer(id: string): Promise<void> {
    // 409: it is not running.
    await this.#client.act({ method: 'POST', path: `/containers/${id}/kill`, timeoutMs: 30_000 }, [404, 409]);
  }

  async removeContainer(id: string): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        const query = { force: true, v: true };
        return await this.#client.act({ method: 'DELETE', path: `/containers/${id}`, query }, [404]);
      } catch (error) {
        // Somebody else's removal is under way, or the engine is slow to unmount and goes on by itself: gone is gone.
        if (!(await this.inspectContainer(id))) return;
        if (tries === removalTries || !isRuntimeError(error, 'conflict', 'refused')) throw error;
      }
      await setTimeout(removalRetryMs);
    }
  }

  async updateContainer(id: string, resources: Omit<ContainerResources, 'oomScoreAdj'>): Promise<void> {
    const body = updateBody(resources);
    await this.#client.act({ method: 'POST', path: `/containers/${id}/update`, body, timeoutMs: 30_000 });
  }

  async inspectContainer(idOrName: string): Promise<ContainerDetails | undefined> {
    const answer = await this.#client.jsonOrUndefined<DockerInspect>({
      method: 'GET',
      path: `/containers/${encodeURIComponent(idOrName)}/json`,
      timeoutMs: 30_000,
    });
    return answer && toDetails(answer);
  }

  async writableBytes(id: string): Promise<number | undefined> {
    const answer = await this.#sizeOf(id);
    return answer && (answer.SizeRw ?? 0) + (await logBytes(answer.LogPath ?? ''));
  }

  async writableLayerBytes(id: string): Promise<number | undefined> {
    return (await this.#sizeOf(id))?.SizeRw;
  }

  #sizeOf(id: string): Promise<{ readonly SizeRw?: number; readonly LogPath?: string } | undefined> {
    const path = `/containers/${id}/json`;
    return this.#client.jsonOrUndefined({ method: 'GET', path, query: { size: true }, timeoutMs: 60_000 });
  }

  async listContainers(labels: Readonly<Record<string, string>>): Promise<readonly ContainerSummary[]> {
    const items = await this.#client.json<DockerListItem[]>({
      method: 'GET',
      path: '/containers/json',
      query: { all: true, filters: JSON.stringify({ label: labelFilter(labels) }) },
    });
    return items.map(toSummary);
  }

  async exec(id: string, command: readonly string[], timeoutMs: number): Promise<ExecResult> {
    const { Id } = await this.#client.json<{ Id: string }>({
      method: 'POST',
      path: `/containers/${id}/exec`,
      body: { Cmd: command, AttachStdout: true, AttachStderr: true },
      timeoutMs: 30_000,
    });
    const deadline = AbortSignal.timeout(timeoutMs);
    const output = await this.#readExec(Id, deadline);
    const { ExitCode, Running } = await this.#client.json<{ ExitCode: number | null; Running: boolean }>({
      method: 'GET',
      path: `/exec/${Id}/json`,
    });
    if (Running || deadline.aborted) throw new RuntimeError('timeout', `command timed out after ${timeoutMs} ms`);
    return { exitCode: ExitCode ?? -1, output };
  }

  openExec(id: string, command: readonly string[], streams: ProcessStreams): Promise<ContainerProcess> {
    return openDockerExec(this.#client, id, command, streams);
  }

  attach(id: string, streams: ProcessStreams): Promise<ContainerProcess> {
    return attachToContainer(this.#client, id, streams);
  }

  async #readExec(execId: string, deadline: AbortSignal): Promise<string> {
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      const answer = await this.#client.stream({
        method: 'POST',
        path: `/exec/${execId}/start`,
        body: { Detach: false, Tty: false },
        signal: deadline,
      });
      for await (const chunk of answer.pipe(new Demultiplex())) {
        if (size < execOutputLimit) chunks.push(chunk as Buffer);
        size += (chunk as Buffer).length;
      }
    } catch (error) {
      if (deadline.aborted) throw new RuntimeError('timeout', 'command timed out', { cause: error });
      throw error;
    }
    return Buffer.concat(chunks).subarray(0, execOutputLimit).toString('utf8');
  }

  async openLogs(id: string, options: RuntimeLogOptions, signal: AbortSignal): Promise<Readable> {
    const answer = await this.#client.stream({
      method: 'GET',
      path: `/containers/${id}/logs`,
      query: {
        stdout: true,
        stderr: true,
        follow: options.follow,
        timestamps: options.timestamps,
        ...(options.since === undefined ? {} : { since: options.since.toFixed(9) }),
        ...(options.tailLines === undefined ? {} : { tail: options.tailLines }),
      },
      signal,
    });
    const target = options.hasTty ? new PassThrough() : new Demultiplex();
    return pipeline(answer, target, () => undefined);
  }

  inspectImage(reference: string): Promise<ImageDetails | undefined> {
    return inspectImage(this.#client, reference);
  }

  pullImage(reference: string, options: PullOptions): Promise<void> {
    return pullThroughEngine(this.#client, reference, options);
  }

  imageHistory(reference: string): Promise<ImageHistory | undefined> {
    return imageHistory(this.#client, reference);
  }

  listImages(): Promise<readonly ImageDetails[]> {
    return listImages(this.#client);
  }

  loadImage(archive: Buffer): Promise<void> {
    return loadImage(this.#client, archive);
  }

  removeImage(reference: string): Promise<void> {
    return removeImage(this.#client, reference);
  }

  async bridgeSubnets(): Promise<readonly string[]> {
    return listBridgeSubnets(this.#client);
  }

  async ensureNetwork(spec: NetworkSpec): Promise<void> {
    await ensureBridge(this.#client, spec);
  }

  async removeNetworks(labels: Readonly<Record<string, string>>): Promise<void> {
    await removeLabelledNetworks(this.#client, labelFilter(labels));
  }

  async watch(labels: Readonly<Record<string, string>>, handlers: WatchHandlers, signal: AbortSignal): Promise<void> {
    await watchEngine(this.#client, { labels: labelFilter(labels), handlers, signal });
  }
}

function labelFilter(labels: Readonly<Record<string, string>>): string[] {
  return Object.entries(labels).map(([name, value]) => `${name}=${value}`);
}

interface DockerInfo {
  ServerVersion: string;
  OperatingSystem: string;
  OSType: string;
  KernelVersion: string;
  NCPU: number;
  MemTotal: number;
  CgroupDriver: string;
  CgroupVersion?: string;
  DockerRootDir: string;
  /** `name=seccomp,profile=default` */
  SecurityOptions?: string[] | null;
  ID: string;
}

interface DockerVersion {
  ApiVersion: string;
  Arch: string;
}

import { Readable } from 'node:stream';
import type { Clock } from '@gantry/core';
import type { ContainerProcess, ProcessStreams } from './container-process.ts';
import {
  type ContainerDetails,
  type ContainerEvent,
  type ContainerResources,
  type ContainerRuntime,
  type ContainerSpec,
  type ContainerSummary,
  type CreatedContainer,
  type EngineInfo,
  type ExecResult,
  type ImageDetails,
  type ImageHistory,
  type NetworkSpec,
  type PullOptions,
  RuntimeError,
  type RuntimeLogOptions,
  type WatchHandlers,
} from './container-runtime.ts';
import { fakeProcess } from './fake-process.ts';
import { type FakeProgram, parseProgram } from './fake-program.ts';
import { FakeRegistry } from './fake-registry.ts';

interface FakeContainer {
  details: ContainerDetails;
  readonly spec: ContainerSpec;
  readonly program: FakeProgram;
  readonly lines: { readonly at: number; readonly text: string }[];
  readonly onExit: (() => void)[];
}

interface Watcher {
  readonly labels: Readonly<Record<string, string>>;
  readonly handlers: WatchHandlers;
}

const stopExitCode = 137;

/** An engine in memory for fast tests. It runs what {@link parseProgram} understands; the rest runs until stopped. */
export class FakeRuntime implements ContainerRuntime {
  /** Every call fails as if the engine were not there. */
  isDown = false;
  readonly registry = new FakeRegistry();
  /** What `exec` answers by container name; success by default. */
  readonly execResults = new Map<string, ExecResult>();
  /** The container names in the order of `createContainer`. */
  readonly created: string[] = [];
  /** What containers have written, by their names. */
  readonly written = new Map<string, number>();
  /** Grace periods asked for, by container name. */
  readonly stops: { readonly name: string; readonly graceSeconds: number }[] = [];
  /** Containers ignore the stop signal and end only by SIGKILL. */
  ignoresStopSignal = false;
  readonly #clock: Clock;
  readonly #containers = new Map<string, FakeContainer>();
  readonly #images = new Map<string, ImageDetails>();
  readonly #networks = new Map<string, NetworkSpec>();
  readonly #watchers = new Set<Watcher>();
  #nextId = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async info(): Promise<EngineInfo> {
    this.#checkUp();
    return {
      version: '20.10.24',
      apiVersion: '1.41',
      operatingSystem: 'Fake Linux',
      osType: 'linux',
      architecture: 'amd64',
      kernelVersion: '6.0.0',
      cpus: 4,
      memoryBytes: 8 * 1024 ** 3,
      cgroupDriver: 'fake',
      cgroupVersion: 1,
      rootDirectory: '/var/lib/docker',
      securityOptions: ['seccomp'],
      isRootless: false,
      id: 'fake',
    };
  }

  async createContainer(spec: ContainerSpec): Promise<CreatedContainer> {
    this.#checkUp();
    if (this.#find(spec.name)) {
      throw new RuntimeError('conflict', `Conflict. The container name "/${spec.name}" is already in use`);
    }
    const image = this.#images.get(spec.image);
    if (!image) throw new RuntimeError('noSuchImage', `No such image: ${spec.image}`);
    const id = String(this.#nextId).padStart(64, '0');
    this.#nextId += 1;
    const details: ContainerDetails = {
      id,
      name: spec.name,
      state: 'created',
      labels: spec.labels,
      imageId: image.id,
      network: spec.network.type === 'host' || spec.network.type === 'container' ? 'joined' : spec.network.type,
      pid: 0,
      startedAt: undefined,
      finishedAt: undefined,
      exitCode: 0,
      oomKilled: false,
      error: '',
      hasTty: spec.hasTty,
      resources: spec.resources,
      ip: spec.network.type === 'bridge' ? spec.network.ip : undefined,
    };
    const program = parseProgram([...(spec.entrypoint ?? []), ...(spec.command ?? [])]);
    this.#containers.set(id, { details, spec, program, lines: [], onExit: [] });
    this.created.push(spec.name);
    return { id, warnings: [] };
  }

  async startContainer(id: string): Promise<void> {
    const container = this.#require(id);
    if (container.details.state === 'running') return;
    this.#checkJoined(container.spec);
    if (!container.program.exists) {
      const error = 'OCI runtime create failed: executable file not found in $PATH';
      container.details = { ...container.details, state: 'exited', exitCode: 127, error };
      throw new RuntimeError('refused', error);
    }
    container.details = { ...container.details, state: 'running', startedAt: this.#clock.now(), pid: 1, error: '' };
    for (const text of container.program.output) container.lines.push({ at: this.#clock.now(), text });
    const { exitCode } = container.program;
    if (exitCode !== undefined) this.exit(id, exitCode);
  }

  async stopContainer(id: string, graceSeconds: number): Promise<void> {
    this.#checkUp();
    const container = this.#containers.get(id);
    if (container?.details.state !== 'running') return;
    this.stops.push({ name: container.details.name, graceSeconds });
    if (!this.ignoresStopSignal) return this.exit(id, stopExitCode);
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.setTimer(() => this.exit(id, stopExitCode), graceSeconds * 1000);
      container.onExit.push(() => {
        cancel();
        resolve();
      });
    });
  }

  async killContainer(id: string): Promise<void> {
    this.#checkUp();
    this.exit(id, stopExitCode);
  }

  async removeContainer(id: string): Promise<void> {
    this.#checkUp();
    this.exit(id, stopExitCode);
    const container = this.#containers.get(id);
    if (!container) return;
    this.#containers.delete(id);
    this.#emit({ id, action: 'destroy', labels: container.details.labels });
  }

  async updateContainer(id: string, resources: Partial<ContainerResources>): Promise<void> {
    const container = this.#require(id);
    const changed = Object.entries(resources).filter(([, value]) => value !== undefined && value !== 0);
    const merged = { ...container.details.resources, ...Object.fromEntries(changed) };
    container.details = { ...container.details, resources: merged };
  }

  async inspectContainer(idOrName: string): Promise<ContainerDetails | undefined> {
    this.#checkUp();
    return this.#find(idOrName)?.details;
  }

  async writableBytes(id: string): Promise<number | undefined> {
    const { details } = this.#require(id);
    return this.written.get(details.name) ?? 0;
  }

  writableLayerBytes(id: string): Promise<number | undefined> {
    return this.writableBytes(id);
  }

  async imageHistory(reference: string): Promise<ImageHistory | undefined> {
    const image = await this.inspectImage(reference);
    return image && { layers: [image.id], steps: [{ createdBy: 'COPY', sizeBytes: image.sizeBytes }] };
  }

  async listContainers(labels: Readonly<Record<string, string>>): Promise<readonly ContainerSummary[]> {
    this.#checkUp();
    return [...this.#containers.values()]
      .map(({ details }) => details)
      .filter((found) => matches(found.labels, labels));
  }

  async exec(id: string, command: readonly string[], timeoutMs: number): Promise<ExecResult> {
    const { details } = this.#require(id);
    if (details.state !== 'running') throw new RuntimeError('conflict', `Container ${id} is not running`);
    const program = parseProgram(command);
    if (program.exists && program.exitCode === undefined) {
      throw new RuntimeError('timeout', `command timed out after ${timeoutMs} ms`);
    }
    const answer = { exitCode: program.exitCode ?? 127, output: program.output.map((line) => `${line}\n`).join('') };
    return this.execResults.get(details.name) ?? answer;
  }

  async openExec(id: string, command: readonly string[], streams: ProcessStreams): Promise<ContainerProcess> {
    const { details } = this.#require(id);
    if (details.state !== 'running') throw new RuntimeError('conflict', `Container ${id} is not running`);
    return fakeProcess(parseProgram(command), streams);
  }

  async attach(id: string, streams: ProcessStreams): Promise<ContainerProcess> {
    const { details, spec, program, onExit } = this.#require(id);
    if (details.state !== 'running') throw new RuntimeError('conflict', `Container ${id} is not running`);
    const process = fakeProcess({ ...program, output: [] }, streams);
    onExit.push(() => void process.close());
    if (spec.closesStdinAfterAttach) process.stdin?.once('finish', () => this.exit(id, 0));
    return { ...process, exitCode: async () => undefined };
  }

  async openLogs(id: string, options: RuntimeLogOptions, signal: AbortSignal): Promise<Readable> {
    const container = this.#require(id);
    const { tailLines = container.lines.length, since = 0, timestamps, follow } = options;
    const text = container.lines
      .filter((line) => line.at / 1000 >= since)
      .slice(tailLines === 0 ? container.lines.length : -tailLines)
      .map((line) => (timestamps ? `${new Date(line.at).toISOString()} ${line.text}\n` : `${line.text}\n`))
      .join('');
    const stream = new Readable({ read: () => undefined, signal });
    if (text !== '') stream.push(text);
    if (follow && container.details.state === 'running') container.onExit.push(() => stream.push(null));
    else stream.push(null);
    return stream;
  }

  async inspectImage(reference: string): Promise<ImageDetails | undefined> {
    this.#checkUp();
    return this.#images.get(reference) ?? (await this.listImages()).find(({ id }) => id === reference);
  }

  async pullImage(reference: string, options: PullOptions): Promise<void> {
    this.#checkUp();
    this.addImage(reference, await this.registry.pull(reference, options));
  }

  async listImages(): Promise<readonly ImageDetails[]> {
    this.#checkUp();
    const byId = Map.groupBy(this.#images.values(), ({ id }) => id);
    return [...byId.values()].flatMap(([image, ...others]) =>
      image ? [{ ...image, tags: [image, ...others].flatMap(({ tags }) => tags) }] : [],
    );
  }

  async loadImage(archive: Buffer): Promise<void> {
    this.#checkUp();
    // The manifest is the first file: its size is in the header before it.
    const size = Number.parseInt(archive.toString('latin1', 124, 135), 8);
    const manifest = JSON.parse(archive.toString('utf8', 512, 512 + size)) as { RepoTags: string[]; Config: string }[];
    for (const { RepoTags: tags, Config: id } of manifest) {
      for (const tag of tags) this.addImage(tag, { id: `sha256:${id.replace('.json', '')}`, tags });
    }
  }

  async removeImage(reference: string): Promise<void> {
    this.#checkUp();
    const isNamed = this.#images.has(reference);
    const image = this.#images.get(reference) ?? [...this.#images.values()].find(({ id }) => id === reference);
    const user = [...this.#containers.values()].find(({ details }) => details.imageId === image?.id);
    const isLastName = [...this.#images.values()].filter(({ id }) => id === image?.id).length === 1;
    if (user && (isLastName || !isNamed))
      throw new RuntimeError('conflict', `image is being used by container ${user.details.id}`);
    this.#images.delete(reference);
  }

  async bridgeSubnets(): Promise<readonly string[]> {
    this.#checkUp();
    return [];
  }

  async ensureNetwork(spec: NetworkSpec): Promise<void> {
    this.#checkUp();
    this.#networks.set(spec.name, spec);
  }

  async removeNetworks(labels: Readonly<Record<string, string>>): Promise<void> {
    this.#checkUp();
    for (const network of this.#networks.values()) {
      if (matches(network.labels, labels)) this.#networks.delete(network.name);
    }
  }

  async watch(labels: Readonly<Record<string, string>>, handlers: WatchHandlers, signal: AbortSignal): Promise<void> {
    this.#checkUp();
    const watcher = { labels, handlers };
    this.#watchers.add(watcher);
    signal.addEventListener('abort', () => this.#watchers.delete(watcher), { once: true });
  }

  /** Puts an image onto this machine. */
  addImage(reference: string, image: Partial<ImageDetails> = {}): void {
    const defaults = { id: `sha256:${reference}`, tags: [reference], digests: [], sizeBytes: 1, user: '' };
    this.#images.set(reference, { ...defaults, ...image });
    for (const { handlers } of this.#watchers) handlers.onImages();
  }

  /** A container's program ends. */
  exit(idOrName: string, exitCode: number, facts: { readonly oomKilled?: boolean } = {}): void {
    const container = this.#find(idOrName);
    if (container?.details.state !== 'running') return;
    const { oomKilled = false } = facts;
    const finishedAt = this.#clock.now();
    container.details = { ...container.details, state: 'exited', exitCode, oomKilled, finishedAt, pid: 0 };
    for (const ended of container.onExit.splice(0)) ended();
    this.#emit({ id: container.details.id, action: 'die', labels: container.details.labels });
  }

  /** The engine goes away, with its event streams; containers stay. */
  goDown(): void {
    this.isDown = true;
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    for (const { handlers } of watchers) handlers.onEnd(new Error('the engine went away'));
  }

  /** All containers, for assertions. */
  containers(): { readonly details: ContainerDetails; readonly spec: ContainerSpec }[] {
    return [...this.#containers.values()];
  }

  #emit(event: ContainerEvent): void {
    for (const { labels, handlers } of this.#watchers) {
      if (matches(event.labels, labels)) handlers.onContainer(event);
    }
  }

  #find(idOrName: string): FakeContainer | undefined {
    const byId = this.#containers.get(idOrName);
    return byId ?? [...this.#containers.values()].find(({ details }) => details.name === idOrName);
  }

  #require(id: string): FakeContainer {
    this.#checkUp();
    const container = this.#containers.get(id);
    if (!container) throw new RuntimeError('notFound', `No such container: ${id}`);
    return container;
  }

  #checkJoined({ network, pidMode, ipcMode }: ContainerSpec): void {
    for (const namespace of [network, pidMode, ipcMode]) {
      if (namespace?.type !== 'container') continue;
      const joined = this.#require(namespace.id);
      if (joined.details.state === 'running') continue;
      throw new RuntimeError('conflict', `cannot join network of a non running container: ${namespace.id}`);
    }
  }

  #checkUp(): void {
    if (this.isDown) throw new RuntimeError('unreachable', 'the engine does not answer: ECONNREFUSED');
  }
}

function matches(labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

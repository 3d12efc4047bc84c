import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type Docker from 'dockerode';
import DockerClient from 'dockerode';
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import { waitUntil } from './deadline.ts';
import { superviseEngine } from './engine-faults.ts';
import { ignoreGone, ownLabels } from './test-resources.ts';

const enginePort = 2375;
const startTimeoutMs = 60_000;
/** Where the line of `gantry join` puts the agent. */
const agentDir = '/var/lib/gantry-agent';

export interface EngineHostOptions {
  /** The outer engine, on which hosts are containers. */
  readonly docker: Docker;
  readonly image: string;
  /** Also the host's name on the network. */
  readonly name: string;
  readonly network: string;
  readonly isPrivileged: boolean;
}

/** A container of one of our pods on a host's engine, as that engine sees it. */
export interface PodContainer {
  readonly id: string;
  readonly namespace: string;
  readonly pod: string;
  readonly podUid: string;
  readonly state: string;
}

export interface ExecResult {
  readonly exitCode: number;
  readonly output: string;
}

/** A container with the hierarchy of its own cgroups as a host has it. */
class HostContainer extends GenericContainer {
  withPrivateCgroups(): this {
    // Of the Engine API since 1.41; the type does not know it.
    Object.assign(this.hostConfig, { CgroupnsMode: 'private' });
    return this;
  }

  /** What `--privileged` means as far as an engine that lacks a capability itself can grant it. */
  withAllButResources(): this {
    // What the command line calls systempaths=unconfined.
    Object.assign(this.hostConfig, { MaskedPaths: [], ReadonlyPaths: [] });
    return this.withAddedCapabilities('ALL')
      .withDroppedCapabilities('SYS_RESOURCE')
      .withSecurityOpt('seccomp=unconfined', 'apparmor=unconfined');
  }
}

/** A host: a container with its own Docker Engine and Node, on which an agent may be run. */
export class EngineHost implements AsyncDisposable {
  readonly name: string;
  readonly #docker: Docker;
  readonly #container: StartedTestContainer;
  readonly #volume: string;
  #engine: Docker;

  private constructor(docker: Docker, name: string, parts: { container: StartedTestContainer; volume: string }) {
    this.name = name;
    this.#docker = docker;
    this.#container = parts.container;
    this.#volume = parts.volume;
    this.#engine = new DockerClient({
      host: parts.container.getHost(),
      port: parts.container.getMappedPort(enginePort),
    });
  }

  /** Resolves once the host's engine answers. */
  static async start(options: EngineHostOptions): Promise<EngineHost> {
    const { docker, image, name, network, isPrivileged } = options;
    // An overlay filesystem cannot lie on another: the engine's layers need a volume.
    const volume = await docker.createVolume({ Labels: ownLabels() });
    const container = new HostContainer(image)
      .withEntrypoint(['docker-init', '--', 'sh', '-c', superviseEngine])
      .withLabels(ownLabels())
      .withHostname(name)
      .withNetworkMode(network)
      .withExposedPorts(enginePort)
      .withBindMounts([{ source: volume.name, target: '/var/lib/docker', mode: 'rw' }])
      .withTmpFs({ '/run': 'rw,exec' })
      .withPrivateCgroups()
      .withWaitStrategy(Wait.forLogMessage(/API listen on .*:2375/))
      .withStartupTimeout(startTimeoutMs);
    if (isPrivileged) container.withPrivilegedMode();
    else container.withAllButResources();
    try {
      return new EngineHost(docker, name, { container: await container.start(), volume: volume.name });
    } catch (error) {
      await ignoreGone(docker.getVolume(volume.name).remove());
      throw error;
    }
  }

  /** The host's own engine. It answers while the host's network is cut, too. */
  get engine(): Docker {
    return this.#engine;
  }

  /** Runs a command on the host and waits for its end. */
  async exec(command: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<ExecResult> {
    const { exitCode, output } = await this.#container.exec([...command], { env: { ...env } });
    return { exitCode, output };
  }

  /** As {@link exec}; rejects with the output where the command fails. */
  async mustExec(command: readonly string[], env?: Readonly<Record<string, string>>): Promise<string> {
    const { exitCode, output } = await this.exec(command, env);
    if (exitCode !== 0) throw new Error(`${this.name}: ${command.join(' ')} failed (${exitCode}): ${output}`);
    return output;
  }

  /** Copies an image of the outer engine to the host's. */
  async loadImage(image: string): Promise<void> {
    const archive = await this.#docker.getImage(image).get();
    const output = await this.#engine.loadImage(archive);
    await new Promise<void>((resolve, reject) => {
      this.#engine.modem.followProgress(output, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** The containers of pods on this host, whatever their state. */
  async podContainers(): Promise<PodContainer[]> {
    const found = await this.#engine.listContainers({ all: true, filters: { label: ['io.gantry.pod.uid'] } });
    return found.map(({ Id, State, Labels }) => ({
      id: Id,
      state: State,
      namespace: Labels['io.gantry.pod.namespace'] ?? '',
      pod: Labels['io.gantry.pod.name'] ?? '',
      podUid: Labels['io.gantry.pod.uid'] ?? '',
    }));
  }

  /** The uids of the pods of which a container was started since the host's engine started. */
  async startedPods(): Promise<string[]> {
    const now = Math.floor(Date.now() / 1000) + 1;
    // The engine keeps its latest events for as long as it runs; `until` ends the answer.
    const stream = await this.#engine.getEvents({
      since: 0,
      until: now,
      filters: { type: ['container'], event: ['start'] },
    });
    const lines = (await text(stream as Readable)).split('\n').filter(Boolean);
    return lines.flatMap((line) => {
      const { Actor } = JSON.parse(line) as { Actor: { Attributes: Record<string, string> } };
      return Actor.Attributes['io.gantry.pod.uid'] ?? [];
    });
  }

  /** Power off: every process of the host ends at once, and its connections are not closed in good order. */
  async kill(): Promise<void> {
    await this.#docker.getContainer(this.#container.getId()).kill();
  }

  /** Power on: its disk is as it was, its engine starts; resolves when that answers. The agent is not started. */
  async boot(): Promise<void> {
    const container = this.#docker.getContainer(this.#container.getId());
    await container.start();
    const { NetworkSettings } = await container.inspect();
    const port = NetworkSettings.Ports[`${enginePort}/tcp`]?.[0]?.HostPort;
    this.#engine = new DockerClient({ host: this.#container.getHost(), port: Number(port) });
    await waitUntil(`the engine of ${this.name} answers`, startTimeoutMs, async () => {
      // Until then the connection is refused.
      return this.#engine.ping().then(
        () => true,
        () => false,
      );
    });
  }

  /** Drops every packet from and to other machines but those of the engine's own API, without a word to either side. */
  async cutNetwork(): Promise<void> {
    for (const rule of partition) await this.mustExec(['iptables', '-w', '-I', ...rule]);
  }

  async restoreNetwork(): Promise<void> {
    for (const rule of partition) await this.mustExec(['iptables', '-w', '-D', ...rule]);
  }

  /** `kill -9` of the agent; resolves when it is gone. */
  async killAgent(): Promise<void> {
    await this.mustExec([
      'sh',
      '-c',
      `pid=$(cat ${agentDir}/agent.pid); kill -9 $pid; while [ -d /proc/$pid ]; do usleep 10000; done`,
    ]);
  }

  /** Starts the agent as after a reboot; resolves when it is a process that {@link killAgent} finds. */
  async startAgent(): Promise<void> {
    const pidFile = `${agentDir}/agent.pid`;
    const start = `setsid ${agentDir}/start.sh >>${agentDir}/agent.log 2>&1 </dev/null &`;
    await this.mustExec(['sh', '-c', `rm -f ${pidFile}; ${start} while [ ! -s ${pidFile} ]; do usleep 10000; done`]);
  }

  async agentLog(): Promise<string> {
    return (await this.exec(['cat', `${agentDir}/agent.log`])).output;
  }

  async stop(): Promise<void> {
    await ignoreGone(this.#docker.getContainer(this.#container.getId()).remove({ force: true, v: true }));
    await ignoreGone(this.#docker.getVolume(this.#volume).remove());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** Inserted one after another, so the last is the first that a packet meets. */
const partition: readonly (readonly string[])[] = [
  ['INPUT', '-i', 'eth0', '-j', 'DROP'],
  ['INPUT', '-i', 'eth0', '-p', 'tcp', '--dport', String(enginePort), '-j', 'ACCEPT'],
  ['OUTPUT', '-o', 'eth0', '-j', 'DROP'],
  ['OUTPUT', '-o', 'eth0', '-p', 'tcp', '--sport', String(enginePort), '-j', 'ACCEPT'],
  ['FORWARD', '-i', 'eth0', '-j', 'DROP'],
  ['FORWARD', '-o', 'eth0', '-j', 'DROP'],
];

/** Whether the engine can start privileged containers; one that may not hand on all capabilities cannot. */
export async function canRunPrivileged(docker: Docker, image: string): Promise<boolean> {
  const container = await docker.createContainer({
    Image: image,
    Entrypoint: ['true'],
    Labels: ownLabels(),
    HostConfig: { Privileged: true },
  });
  try {
    await container.start();
    return true;
  } catch {
    // "unable to apply caps: operation not permitted"
    return false;
  } finally {
    await ignoreGone(container.remove({ force: true }));
  }
}

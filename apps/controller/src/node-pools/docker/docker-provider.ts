import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseBytes, parseCpuMilli } from '@gantry/api-types';
import type { Logger } from '@gantry/core';
import type { HostHandle, HostProvider, HostSpec } from '../host-provider.ts';
import type { Container, Docker } from './engine-client.ts';
import { giveImages } from './give-images.ts';
import { execInHost } from './host-exec.ts';
import { canRunPrivileged, codeOf, ignoring, poolLabels, privileges } from './pool-containers.ts';
import { agentDir, routesVariable } from './pool-host-program.ts';
import { ensurePoolNetwork, machineAddresses, type PoolNetwork } from './pool-network.ts';

/** How a host that is there becomes a node. */
export interface JoinCommand {
  /** For the host's `sh -c`. */
  readonly line: string;
  readonly env: Readonly<Record<string, string>>;
  /** Ends what the line gave the right to. */
  done(): Promise<void>;
}

export interface DockerProviderOptions {
  readonly cluster: string;
  readonly logger: Logger;
  /** The engine on which hosts are containers. Asked for once, when the first pool needs it. */
  readonly openEngine: () => Promise<Docker>;
  /** Called for each host that has not joined yet; `gateway` is this machine as hosts see it. */
  readonly join: (spec: HostSpec, gateway: string) => Promise<JoinCommand>;
  /** Called before hosts are looked at: those that run need to reach the API. */
  readonly listen: (gateway: string) => Promise<void>;
}

const engineTimeoutMs = 90_000;
const imageTimeoutMs = 240_000;

/**
 * Hosts as containers with a Docker Engine of their own, on the engine beside the controller. All that belongs to one carries
 * the labels of cluster, pool and name; the container's and its volume's names follow from them, so that nothing is made
 * twice.
 */
export class DockerProvider implements HostProvider {
  readonly name = 'docker';
  readonly #options: DockerProviderOptions;
  #engine: Promise<Docker> | undefined;
  #image: Promise<string> | undefined;
  #isPrivileged: Promise<boolean> | undefined;

  constructor(options: DockerProviderOptions) {
    this.#options = options;
  }

  async create(spec: HostSpec, signal: AbortSignal): Promise<HostHandle> {
    signal.throwIfAborted();
    const docker = await this.#open();
    const network = await this.#network(docker);
    const container = (await this.#find(docker, spec)) ?? (await this.#make(docker, spec, network, signal));
    signal.throwIfAborted();
    // 304: it runs.
    await ignoring(container.start(), 304);
    await waitForEngine(container, signal);
    await giveImages(docker, container, spec.images, signal);
    await this.#join(container, spec, network.gateway, signal);
    return { pool: spec.pool, name: spec.name, id: container.id, isRunning: true };
  }

  async list(signal: AbortSignal): Promise<readonly HostHandle[]> {
    signal.throwIfAborted();
    const docker = await this.#open();
    const { cluster } = this.#options;
    const filters = { label: [`${poolLabels.cluster}=${cluster}`, poolLabels.pool] };
    const found = await docker.listContainers({ all: true, filters });
    if (found.length > 0) await this.#network(docker);
    return found.map(({ Id, Labels, State }) => ({
      pool: Labels[poolLabels.pool] ?? '',
      name: Labels[poolLabels.host] ?? '',
      id: Id,
      isRunning: State === 'running',
    }));
  }

  async delete(host: Pick<HostHandle, 'pool' | 'name'>, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const docker = await this.#open();
    const name = this.#nameOf(host.name);
    // 404: it is gone. 409: it is being removed already, and the volume's turn comes with the next try.
    await ignoring(docker.getContainer(name).remove({ force: true, v: true }), 404);
    await ignoring(docker.getVolume(name).remove(), 404);
  }

  async stop(): Promise<void> {
    // Requests to the engine end by themselves; nothing else runs here.
  }

  #nameOf(host: string): string {
    return `gantry-${this.#options.cluster}-${host}`;
  }

  #open(): Promise<Docker> {
    this.#engine ??= this.#options.openEngine().then(async (docker) => {
      await docker.ping();
      return docker;
    });
    this.#engine.catch(() => {
      // Whoever waits is told; the next one tries again.
      this.#engine = undefined;
    });
    return this.#engine;
  }

  async #network(docker: Docker): Promise<PoolNetwork> {
    const network = await ensurePoolNetwork(docker, this.#options.cluster);
    await this.#options.listen(network.gateway);
    return network;
  }

  async #find(docker: Docker, spec: HostSpec): Promise<Container | undefined> {
    const container = docker.getContainer(this.#nameOf(spec.name));
    try {
      return docker.getContainer((await container.inspect()).Id);
    } catch (error) {
      if (codeOf(error) === 404) return undefined;
      throw error;
    }
  }

  async #make(docker: Docker, spec: HostSpec, network: PoolNetwork, signal: AbortSignal): Promise<Container> {
    const image = await this.#hostImage();
    this.#isPrivileged ??= canRunPrivileged(docker, image, this.#options.cluster);
    const isPrivileged = await this.#isPrivileged;
    const { NCPU } = (await docker.info()) as { NCPU: number };
    signal.throwIfAborted();
    const name = this.#nameOf(spec.name);
    const labels = {
      [poolLabels.cluster]: this.#options.cluster,
      [poolLabels.pool]: spec.pool,
      [poolLabels.host]: spec.name,
    };
    // An overlay filesystem cannot lie on another: the engine's layers need a volume. Made again, it stays as it is.
    await docker.createVolume({ Name: name, Labels: labels });
    return docker.createContainer({
      name,
      Image: image,
      Hostname: spec.name,
      Labels: labels,
      Entrypoint: ['docker-init', '--', '/etc/pool-host'],
      Env: [`${routesVariable}=${machineAddresses(network).join(' ')}`],
      HostConfig: {
        ...privileges(isPrivileged),
        NetworkMode: network.name,
        Binds: [`${name}:/var/lib/docker`],
        Tmpfs: { '/run': 'rw,exec' },
        RestartPolicy: { Name: 'unless-stopped' },
        // A host of more cpus than the machine has takes what there is.
        NanoCpus: Math.min(parseCpuMilli(spec.cpu), NCPU * 1000) * 1_000_000,
        Memory: parseBytes(spec.memory),
      },
    });
  }

  #hostImage(): Promise<string> {
    this.#image ??= buildHostImage();
    this.#image.catch(() => {
      this.#image = undefined;
    });
    return this.#image;
  }

  /** By the way of every host; one that has a credential is started by its own first program. */
  async #join(container: Container, spec: HostSpec, gateway: string, signal: AbortSignal): Promise<void> {
    const credential = `${agentDir}/data/credential.json`;
    const answer = await execInHost(container, ['sh', '-c', `[ -e ${credential} ] && echo joined || echo new`], signal);
    if (answer.trim() === 'joined') return;
    const { line, env, done } = await this.#options.join(spec, gateway);
    try {
      const said = await execInHost(container, ['sh', '-c', line], signal, { env });
      this.#options.logger.info({ pool: spec.pool, host: spec.name, said: said.trim() }, 'a host of a pool joins');
    } finally {
      await done();
    }
  }
}

/** The name of the image, which is made first where it is not there. Rejects with what the maker says. */
async function buildHostImage(): Promise<string> {
  const program = fileURLToPath(new URL('./build-host-image.ts', import.meta.url));
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [program], { timeout: imageTimeoutMs });
    return stdout.trim();
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    throw new Error(said || 'the image of hosts was not made in time', { cause: error });
  }
}

async function waitForEngine(container: Container, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(engineTimeoutMs)]);
  try {
    // Connections wait in the socket's queue until the engine takes them.
    const socket = 'until [ -S /run/docker.sock ]; do usleep 100000; done';
    const wait = `${socket}; until node -e '${pingEngine}' 2>/dev/null; do usleep 200000; done`;
    await execInHost(container, ['sh', '-c', wait], limit);
  } catch (error) {
    signal.throwIfAborted();
    const logs = await container.logs({ stdout: true, stderr: true, tail: 5, follow: false }).catch(() => '');
    const last = String(logs)
      .replaceAll(/[^\x20-\x7e\n]/g, '')
      .trim();
    throw new Error(`the host's engine does not answer: ${last}`, { cause: error });
  }
}

const pingEngine =
  'require("http").get({socketPath:"/run/docker.sock",path:"/_ping"},r=>process.exit(r.statusCode===200?0:1)).on("error",()=>process.exit(1))';

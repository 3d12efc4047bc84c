import { createServer } from 'node:net';
import type { Node } from '@gantry/api-types';
import type Docker from 'dockerode';
import { waitUntil } from './deadline.ts';
import { canRunPrivileged, EngineHost } from './engine-host.ts';
import { ensureHostImage } from './host-image.ts';
import type { HttpClient } from './http-client.ts';
import { buildBusyboxImage, openEngine } from './images.ts';
import { isAlive, LocalCluster, runCommand } from './local-cluster.ts';
import { ignoreGone, ownLabels, prepareTestcontainers, sweepLeftovers } from './test-resources.ts';
import { waitForObjects } from './watch-objects.ts';

/** On every host's engine: sleeps until it is stopped. */
export const sleeperImage = 'gantry-e2e/sleeper:1';

/** Where a cluster can be reached by its hosts. */
interface HostNetwork {
  readonly name: string;
  /** This machine's address in it, where the controller listens. */
  readonly address: string;
  remove(): Promise<void>;
}

/** A controller on this machine and hosts that joined it, all as their users make them. */
export class MultiHostCluster implements AsyncDisposable {
  readonly hosts: readonly EngineHost[];
  readonly client: HttpClient;
  readonly #local: LocalCluster;
  readonly #network: HostNetwork;

  private constructor(parts: { local: LocalCluster; hosts: readonly EngineHost[]; network: HostNetwork }) {
    this.#local = parts.local;
    this.hosts = parts.hosts;
    this.#network = parts.network;
    this.client = parts.local.client();
  }

  /** Resolves when every host's node is Ready. What was started is removed again where a step fails. */
  static async start(hostNames: readonly string[] = ['host-1', 'host-2', 'host-3']): Promise<MultiHostCluster> {
    const docker = openEngine();
    await prepareTestcontainers(docker);
    await sweepLeftovers(docker);
    const [image] = await Promise.all([ensureHostImage(), buildBusyboxImage(docker, sleeperImage)]);
    const isPrivileged = await canRunPrivileged(docker, image);
    await using cleanup = new AsyncDisposableStack();
    const network = cleanup.adopt(await createHostNetwork(docker), (made) => made.remove());
    const hosts: EngineHost[] = [];
    cleanup.defer(() => stopAll(hosts));
    const startHost = async (name: string) => {
      const host = await EngineHost.start({ docker, image, name, network: network.name, isPrivileged });
      hosts.push(host);
      await host.loadImage(sleeperImage);
    };
    // Settled, so that what is still starting when something fails is removed, too.
    const [local, ...others] = await Promise.allSettled([
      startController(network.address).then((made) => cleanup.use(made)),
      ...hostNames.map(startHost),
    ]);
    const failed = [local, ...others].find((result) => result.status === 'rejected');
    if (failed || local.status === 'rejected') throw failed?.reason;
    const cluster = new MultiHostCluster({
      local: local.value,
      hosts: hosts.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      network,
    });
    await cluster.#joinAll();
    cleanup.move();
    return cluster;
  }

  get kubeconfig(): string {
    return this.#local.kubeconfig;
  }

  get dataDir(): string {
    return this.#local.dataDir;
  }

  get server(): string {
    return this.#local.address.server;
  }

  get caPem(): string {
    return this.#local.address.caPem;
  }

  host(name: string): EngineHost {
    const found = this.hosts.find((host) => host.name === name);
    if (!found) throw new Error(`no host ${name}`);
    return found;
  }

  /** The line that `npx gantry join` prints. */
  async joinLine(): Promise<string> {
    const { code, stdout, stderr } = await runCommand('npx', ['gantry', 'join', '--data-dir', this.dataDir]);
    const line = stdout.split('\n')[0];
    if (code !== 0 || !line) throw new Error(`npx gantry join failed (${code}):\n${stdout}\n${stderr}`);
    return line;
  }

  /** `kill -9` of the controller; resolves when it is gone. */
  async killController(): Promise<void> {
    const { pid } = (await this.#local.state()).controller;
    process.kill(pid, 'SIGKILL');
    await waitUntil('the controller is gone', 60_000, async () => !isAlive(pid));
  }

  /** `npm start` once more on the same data directory, where it is to be as before. */
  async startController(): Promise<void> {
    await LocalCluster.start(['--no-demo'], this.dataDir);
  }

  async waitForReadyNodes(names: readonly string[] = this.hosts.map(({ name }) => name)): Promise<void> {
    await waitForObjects<Node>(this.client, {
      what: `${names.join(', ')} are Ready`,
      path: '/api/v1/nodes',
      until: (nodes) => names.every((name) => nodes.some((node) => node.metadata.name === name && isReady(node))),
    });
  }

  async stop(): Promise<void> {
    this.client.close();
    // The hosts first: their agents need not hear of the end.
    await stopAll(this.hosts);
    await this.#local.stop();
    await this.#network.remove();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #joinAll(): Promise<void> {
    const line = await this.joinLine();
    await Promise.all(this.hosts.map((host) => host.mustExec(['sh', '-c', line], { GANTRY_NODE_NAME: host.name })));
    await this.waitForReadyNodes();
  }
}

/** Whether the node's Ready condition is True. */
export function isReady(node: Node): boolean {
  return node.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
}

async function startController(address: string): Promise<LocalCluster> {
  const place = ['--no-demo', '--nodes', '0', '--address', address];
  // Of its own, so that it can be started beside any other cluster of this machine.
  return LocalCluster.start([...place, '--dashboard-port', String(await findFreePort('127.0.0.1'))]);
}

async function createHostNetwork(docker: Docker): Promise<HostNetwork> {
  const name = `gantry-e2e-${process.pid}`;
  const network = await docker.createNetwork({ Name: name, Driver: 'bridge', Labels: ownLabels() });
  const inspected = (await network.inspect()) as { IPAM: { Config: { Gateway?: string }[] } };
  const address = inspected.IPAM.Config[0]?.Gateway;
  if (!address) throw new Error(`network ${name} has no gateway`);
  return { name, address, remove: () => ignoreGone(network.remove()) };
}

async function stopAll(hosts: readonly EngineHost[]): Promise<void> {
  await Promise.all(hosts.map((host) => host.stop()));
}

async function findFreePort(host: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: 0 }, resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

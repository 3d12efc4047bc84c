import { readdir } from 'node:fs/promises';
import type { Pod } from '@gantry/api-types';
import type { Logger } from '@gantry/core';
import { parseBandwidth } from '@gantry/core/network/bandwidth';
import type { ContainerNetwork } from '../runtime/container-runtime.ts';
import { awaitNamespace, type NetworkNamespace, openNamespace } from './container-namespace.ts';
import { ensureForwarding } from './forwarding.ts';
import { ensureGateway, gatewayOf } from './gateway.ts';
import { HostPorts } from './host-ports.ts';
import { isPodLink, type NetworkNames, podLinkName } from './names.ts';
import type { NftTable } from './nft.ts';
import { writeNodeRules } from './node-rules.ts';
import { podAddressOf } from './pod-address.ts';
import { PodIps } from './pod-ips.ts';
import { type PodAddress, PodLinks } from './pod-link.ts';
import type { PodEndpoint, PodNetwork, StartingEndpoint } from './pod-network.ts';
import { ToolBatch } from './tool-batch.ts';

export interface PlumbedNetworkOptions {
  readonly names: NetworkNames;
  readonly podCidr: string;
  /** Of the pods' links. */
  readonly mtu: number;
  readonly table: NftTable;
  readonly logger: Logger;
  /** The file that names a container's processes while it starts: `cgroup.procs` of its cgroup. */
  readonly procsFileOf: (podUid: string, containerId: string) => string;
  /** A container's first process; undefined where it does not run. */
  readonly pidOf: (containerId: string) => Promise<number | undefined>;
}

/** Containers are made without a network, and the agent connects each pod by a veth pair of its own. */
export class PlumbedNetwork implements PodNetwork {
  readonly publishesHostPorts = false;
  readonly #options: PlumbedNetworkOptions;
  readonly #ips: PodIps;
  readonly #batch = new ToolBatch('ip');
  readonly #links: PodLinks;
  readonly #hostPorts: HostPorts;
  #ready: Promise<void> | undefined;
  #sweeping: Promise<void> = Promise.resolve();
  /** The last change to the link of each address that one is under way for: they follow one another. */
  readonly #changes = new Map<string, Promise<void>>();

  /** Throws where the pod CIDR has no room for pods. */
  constructor(options: PlumbedNetworkOptions) {
    const { names, podCidr, mtu, table } = options;
    this.#options = options;
    this.#ips = new PodIps(podCidr);
    this.#links = new PodLinks({ names, gateway: gatewayOf(podCidr), mtu }, this.#batch);
    this.#hostPorts = new HostPorts(table);
  }

  ensure(): Promise<void> {
    this.#ready ??= this.#prepareHost().catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  doubt(): void {
    this.#ready = undefined;
  }

  allocate(podUid: string): string | undefined {
    return this.#ips.allocate(podUid);
  }

  claim(podUid: string, ip: string): boolean {
    return this.#ips.claim(podUid, ip);
  }

  ipOf(podUid: string): string | undefined {
    return this.#ips.ipOf(podUid);
  }

  linkOf(podUid: string): string | undefined {
    const ip = this.#ips.ipOf(podUid);
    return ip === undefined ? undefined : podLinkName(this.#options.names, ip);
  }

  networkFor(): ContainerNetwork {
    return { type: 'none' };
  }

  async prepare(pod: Pod): Promise<void> {
    parseBandwidth(pod.metadata.annotations);
    await this.#hostPorts.reserve(pod);
  }

  async startConnected(endpoint: StartingEndpoint, start: () => Promise<void>): Promise<void> {
    const stop = new AbortController();
    const connecting = this.#connectEarly(endpoint, stop.signal);
    try {
      await start();
    } finally {
      stop.abort();
      await connecting;
    }
    await this.attached({ ...endpoint, pid: 0 });
  }

  async attached({ pod, ip, containerId, pid }: PodEndpoint): Promise<void> {
    await this.#attachUnlessDone(podAddressOf(pod, ip, containerId), pid);
    await this.#hostPorts.publish(pod, ip);
  }

  async release(podUid: string): Promise<void> {
    await this.#hostPorts.withdraw(podUid);
    const ip = this.#ips.ipOf(podUid);
    if (ip === undefined) return;
    await this.#inTurn(ip, () => this.#links.detach(ip));
    this.#ips.release(podUid);
  }

  sweep(): Promise<void> {
    this.#sweeping = this.#sweeping.catch(() => undefined).then(() => this.#sweep());
    return this.#sweeping;
  }

  async stop(): Promise<void> {
    this.#hostPorts.close();
    await this.#sweeping.catch(() => undefined);
  }

  async #prepareHost(): Promise<void> {
    const { names, podCidr, table } = this.#options;
    await ensureGateway(this.#batch, names, podCidr);
    await writeNodeRules(table, names, podCidr);
    await ensureForwarding(names);
  }

  /** The namespace is there long before the engine has started the program in it. */
  async #connectEarly({ pod, ip, containerId, onConnected }: StartingEndpoint, signal: AbortSignal): Promise<void> {
    const { procsFileOf, logger } = this.#options;
    try {
      using namespace = await awaitNamespace(procsFileOf(pod.metadata.uid, containerId), signal);
      if (!namespace) return;
      const startedAt = performance.now();
      await this.#attach(podAddressOf(pod, ip, containerId), namespace);
      onConnected?.(Math.round(performance.now() - startedAt));
    } catch (err) {
      // The start may be failing; where it is not, the link is made after it and the error shows there.
      logger.debug({ err, podUid: pod.metadata.uid }, 'a starting container could not be connected yet');
    }
  }

  async #attachUnlessDone(address: PodAddress, pid: number): Promise<void> {
    await this.#changes.get(address.ip)?.catch(() => undefined);
    if (this.#links.isAttached(address)) return;
    const found = pid === 0 ? await this.#options.pidOf(address.containerId) : pid;
    using namespace = found ? openNamespace(found) : undefined;
    // A container that has ended has nothing to connect.
    if (namespace) await this.#attach(address, namespace);
  }

  async #attach(address: PodAddress, namespace: NetworkNamespace): Promise<void> {
    await this.#sweeping.catch(() => undefined);
    await this.#inTurn(address.ip, async () => {
      if (!this.#links.isAttached(address)) await this.#links.attach(address, namespace);
    });
  }

  async #inTurn(ip: string, change: () => Promise<void>): Promise<void> {
    const turn = (this.#changes.get(ip) ?? Promise.resolve()).catch(() => undefined).then(change);
    this.#changes.set(ip, turn);
    try {
      await turn;
    } finally {
      if (this.#changes.get(ip) === turn) this.#changes.delete(ip);
    }
  }

  async #sweep(): Promise<void> {
    const { names } = this.#options;
    const links = (await readdir('/sys/class/net')).filter((name) => isPodLink(names, name));
    const wanted = new Set(this.#ips.taken().map((ip) => podLinkName(names, ip)));
    const stale = links.filter((name) => !wanted.has(name));
    if (stale.length > 0) await this.#batch.run(stale.map((name) => `-link delete dev ${name}`));
    if (this.#ready) await this.#hostPorts.write();
  }
}

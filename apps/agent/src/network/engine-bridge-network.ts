import type { ContainerNetwork, ContainerRuntime, NetworkSpec } from '../runtime/container-runtime.ts';
import { PodIps } from './pod-ips.ts';
import type { PodNetwork, StartingEndpoint } from './pod-network.ts';

export interface EngineBridgeNetworkOptions {
  readonly runtime: Pick<ContainerRuntime, 'ensureNetwork'>;
  /** The bridge: its subnet is the node's pod CIDR. */
  readonly spec: NetworkSpec;
}

/** The pod network as a bridge of the engine, which gives each container its address and connects it. */
export class EngineBridgeNetwork implements PodNetwork {
  readonly publishesHostPorts = true;
  readonly #options: EngineBridgeNetworkOptions;
  readonly #ips: PodIps;
  #ready: Promise<void> | undefined;

  /** Throws where the subnet has no room for pods. */
  constructor(options: EngineBridgeNetworkOptions) {
    this.#options = options;
    this.#ips = new PodIps(options.spec.subnet);
  }

  ensure(): Promise<void> {
    const { runtime, spec } = this.#options;
    this.#ready ??= runtime.ensureNetwork(spec).catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
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

  linkOf(): undefined {
    return undefined;
  }

  networkFor(_podUid: string, ip: string): ContainerNetwork {
    return { type: 'bridge', name: this.#options.spec.name, ip };
  }

  async prepare(): Promise<void> {
    // The engine takes host ports when it starts the container.
  }

  startConnected(_endpoint: StartingEndpoint, start: () => Promise<void>): Promise<void> {
    return start();
  }

  async attached(): Promise<void> {
    // The engine has connected it.
  }

  doubt(): void {
    this.#ready = undefined;
  }

  async release(podUid: string): Promise<void> {
    this.#ips.release(podUid);
  }

  async sweep(): Promise<void> {
    // The engine disconnects containers that are gone.
  }

  async stop(): Promise<void> {
    // Nothing is held.
  }
}

import type { Taint } from '@gantry/api-types';

/** A host as a pool wants it. */
export interface HostSpec {
  readonly pool: string;
  /** The host's name, and that of its Node. Unique in the cluster. */
  readonly name: string;
  /** Quantities. */
  readonly cpu: string;
  readonly memory: string;
  readonly maxPods: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  /** Images that the host should have from the start, where the provider can give them. */
  readonly images: readonly string[];
}

/** A host that a provider has. */
export interface HostHandle {
  readonly pool: string;
  readonly name: string;
  /** The provider's own id. */
  readonly id: string;
  readonly isRunning: boolean;
}

/**
 * Makes and removes hosts for pools. Every implementation passes `testing/provider-conformance.ts`.
 * - Hosts are known by pool and name, for ever: what a dead controller began is found again by `list`.
 * - `create` and `delete` may be repeated: they carry on from whatever there is, and resolve alike.
 * - Every call ends when its signal aborts, and may then have done its work or not.
 */
export interface HostProvider {
  /** As `spec.provider` of a NodePool names it. */
  readonly name: string;
  /**
   * Makes the host, or starts or completes it; resolves once it was told to join the cluster. Rejects with an `Error`
   * whose message tells people what is wrong.
   */
  create(spec: HostSpec, signal: AbortSignal): Promise<HostHandle>;
  /** Every host of this cluster, whatever became of its pool. */
  list(signal: AbortSignal): Promise<readonly HostHandle[]>;
  /** Removes the host with all it holds; resolves also where there is none. */
  delete(host: Pick<HostHandle, 'pool' | 'name'>, signal: AbortSignal): Promise<void>;
  /** Ends what the provider runs in this process. Hosts run on. */
  stop(): Promise<void>;
}

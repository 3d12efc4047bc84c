import type { Pod } from '@gantry/api-types';
import type { ContainerNetwork } from '../runtime/container-runtime.ts';

/** A pod's address and namespace, as the steps of a pod's life know them. */
export interface PodEndpoint {
  readonly pod: Pod;
  readonly ip: string;
  /** The container whose network namespace is the pod's: its pause container, or its only one. */
  readonly containerId: string;
  /** The first process of that container; 0 where the caller does not know it. */
  readonly pid: number;
}

/** As {@link PodEndpoint}, before there is a process. */
export interface StartingEndpoint extends Omit<PodEndpoint, 'pid'> {
  /** Told right after the namespace was connected, with how long that took; not where the engine does it. */
  readonly onConnected?: (tookMs: number) => void;
}

/**
 * How the pods of a node get their addresses and are connected. Pods on the host's network never come here.
 *
 * - Addresses are given by {@link allocate} or {@link claim} and go back, once, by {@link release}.
 * - Every method may be repeated, and an agent that was killed in between repeats them: for what is already so, they
 *   succeed.
 */
export interface PodNetwork {
  /** Makes what the pods of this node share; awaited before a container is created or started. Cheap when repeated. */
  ensure(): Promise<void>;
  /** The pod's address, the same each time until it is released; undefined where all are taken. */
  allocate(podUid: string): string | undefined;
  /** Notes an address that a pod was found with; false where another pod has it. */
  claim(podUid: string, ip: string): boolean;
  /** The address that the pod has. */
  ipOf(podUid: string): string | undefined;
  /** The host's end of the pod's link, by whose counters its traffic is told; undefined where others made that link. */
  linkOf(podUid: string): string | undefined;
  /** The network with which to create the container that holds the pod's namespace. */
  networkFor(podUid: string, ip: string): ContainerNetwork;
  /** Whether the engine publishes host ports of containers on {@link networkFor}; otherwise {@link attached} does it. */
  readonly publishesHostPorts: boolean;
  /**
   * Before the pod's first container is created: takes what of the host the pod asks for (host ports), and rejects where
   * it cannot be had.
   */
  prepare(pod: Pod): Promise<void>;
  /**
   * Starts that container by `start`, and connects its namespace while the engine is at it, so that the program finds
   * its network when it begins. Rejects with what `start` rejects with, or where the pod could not be connected: it has
   * started then, and {@link attached} tries again.
   */
  startConnected(endpoint: StartingEndpoint, start: () => Promise<void>): Promise<void>;
  /** That container was found running: connects its namespace unless that was done. Cheap when repeated. */
  attached(endpoint: PodEndpoint): Promise<void>;
  /** The engine refused to start a container: what is shared may be gone and is made again by {@link ensure}. */
  doubt(): void;
  /** All containers of the pod are gone: disconnects what is left and gives the address back. */
  release(podUid: string): Promise<void>;
  /** Once all pods of an earlier life have claimed theirs: removes what is left of pods that are gone. */
  sweep(): Promise<void>;
  /** Lets go of what the agent holds; pods stay connected. */
  stop(): Promise<void>;
}

import type { Pod } from '@gantry/api-types';
import { formatBytes, parseBytes } from '@gantry/api-types/quantity';
import type { Clock, Logger } from '@gantry/core';
import type { ContainerRuntime } from '../runtime/container-runtime.ts';
import { containersOf } from './pod-containers.ts';

/** A running container of a pod. */
export interface StorageUser {
  readonly container: string;
  readonly id: string;
}

export interface EphemeralStorageOptions {
  readonly runtime: Pick<ContainerRuntime, 'writableBytes'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly everyMs: number;
  /** The pods that run on the node, with their running containers. */
  readonly pods: () => Iterable<{ readonly pod: Pod; readonly running: readonly StorageUser[] }>;
  /** Bytes of the pod's volumes that count as its own, by volume. */
  readonly volumeBytes: (pod: Pod) => Promise<ReadonlyMap<string, number>>;
  /** Ends the pod: it used more than it may. */
  readonly evict: (podUid: string, message: string) => void;
}

/** Measures what containers with a limit of `ephemeral-storage` have written, now and then, and evicts who is over it. */
export class EphemeralStorage {
  readonly #options: EphemeralStorageOptions;
  #cancelTimer: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: EphemeralStorageOptions) {
    this.#options = options;
    this.#wait();
  }

  /** Resolves once nothing is under way any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer?.();
    await this.#running;
  }

  #wait(): void {
    if (this.#isStopped) return;
    const { clock, everyMs, logger } = this.#options;
    this.#cancelTimer = clock.setTimer(() => {
      this.#running = this.#measureAll()
        .catch((error: unknown) => logger.warn({ err: error }, 'what containers wrote cannot be measured'))
        .finally(() => this.#wait());
    }, everyMs);
  }

  async #measureAll(): Promise<void> {
    const { pods, runtime, volumeBytes, evict } = this.#options;
    for (const { pod, running } of pods()) {
      if (storageLimits(pod).size === 0 || this.#isStopped) continue;
      const written = new Map<string, number>();
      for (const { container, id } of running) written.set(container, (await runtime.writableBytes(id)) ?? 0);
      const message = storageOverLimit(pod, written, await volumeBytes(pod));
      if (message !== undefined) evict(pod.metadata.uid, message);
    }
  }
}

function storageLimits(pod: Pod): ReadonlyMap<string, string> {
  const limits = containersOf(pod).map(({ container }) => [container.name, container.resources?.limits] as const);
  return new Map(
    limits.flatMap(([name, list]) => {
      const limit = list?.['ephemeral-storage'];
      return limit === undefined ? [] : [[name, limit]];
    }),
  );
}

/** Kubernetes' message where a container, or the pod as a whole, is over its limit. Pure. */
export function storageOverLimit(
  pod: Pod,
  written: ReadonlyMap<string, number>,
  volumes: ReadonlyMap<string, number>,
): string | undefined {
  const limits = storageLimits(pod);
  for (const [name, limit] of limits) {
    if ((written.get(name) ?? 0) <= parseBytes(limit)) continue;
    return `Container ${name} exceeded its local ephemeral storage limit "${limit}". `;
  }
  const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);
  const total = sum([...limits.values()].map(parseBytes));
  if (limits.size === 0 || sum(written.values()) + sum(volumes.values()) <= total) return undefined;
  return `Pod ephemeral local storage usage exceeds the total limit of containers ${formatBytes(total)}. `;
}

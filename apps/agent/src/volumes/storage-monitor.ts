import type { Pod } from '@gantry/api-types';
import type { Clock, Logger } from '@gantry/core';
import { measureDirectories } from './disk-usage.ts';
import { emptyDirOverLimit } from './empty-dir.ts';
import type { PodVolumes } from './pod-volumes.ts';

export interface StorageMonitorOptions {
  readonly volumes: PodVolumes;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly everyMs: number;
  readonly onRound: () => void;
  /** The pods that run on the node. */
  readonly pods: () => Iterable<Pod>;
  /** Ends the pod: it used more than it may. */
  readonly evict: (podUid: string, message: string) => void;
}

/** Measures the directories of pods that have a limit on them, now and then, and evicts who is over it. */
export class StorageMonitor {
  readonly #options: StorageMonitorOptions;
  #cancelTimer: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: StorageMonitorOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#isStopped) return;
    const { clock, everyMs, logger, onRound } = this.#options;
    this.#cancelTimer = clock.setTimer(() => {
      onRound();
      this.#running = this.#measure()
        .catch((error: unknown) => logger.warn({ err: error }, 'the disk usage of pods cannot be measured'))
        .finally(() => this.start());
    }, everyMs);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer?.();
    await this.#running;
  }

  async #measure(): Promise<void> {
    const { volumes, pods, evict } = this.#options;
    const limited = [...pods()].flatMap((pod) => {
      const directories = volumes.limitedDirectories(pod);
      return directories.size === 0 ? [] : [{ pod, directories }];
    });
    const usage = await measureDirectories(limited.flatMap(({ directories }) => [...directories.values()]));
    for (const { pod, directories } of limited) {
      const bytes = new Map([...directories].map(([name, path]) => [name, usage.get(path) ?? 0]));
      const message = emptyDirOverLimit(pod, bytes);
      if (message !== undefined) evict(pod.metadata.uid, message);
    }
  }
}

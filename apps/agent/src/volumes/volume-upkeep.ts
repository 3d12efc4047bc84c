import type { Pod } from '@gantry/api-types';
import { LiveVolumes, type LiveVolumesOptions } from './live-volumes.ts';
import { StorageMonitor } from './storage-monitor.ts';

export interface VolumeUpkeepOptions extends LiveVolumesOptions {
  readonly storageCheckMs: number;
  /** The pods of the node. */
  readonly pods: () => Iterable<Pod>;
  readonly evict: (podUid: string, message: string) => void;
}

/** What goes on with the volumes of pods that run: their files follow the objects, and their limits are watched. */
export class VolumeUpkeep {
  readonly #live: LiveVolumes;
  readonly #storage: StorageMonitor;

  constructor(options: VolumeUpkeepOptions) {
    this.#live = new LiveVolumes(options);
    this.#storage = new StorageMonitor({ ...options, everyMs: options.storageCheckMs });
    this.#storage.start();
  }

  /** The pod, or something that it refers to, changed or may have changed. */
  changed(podUid: string): void {
    this.#live.changed(podUid);
  }

  /** Resolves once nothing is under way any more. */
  async stop(): Promise<void> {
    await Promise.all([this.#live.stop(), this.#storage.stop()]);
  }
}

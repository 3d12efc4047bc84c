import { LiveVolumes, type LiveVolumesOptions } from './live-volumes.ts';
import { ReleasedVolumes, type ReleasedVolumesOptions } from './released-volumes.ts';
import { StorageMonitor } from './storage-monitor.ts';

export interface VolumeUpkeepOptions extends LiveVolumesOptions, ReleasedVolumesOptions {
  readonly api: LiveVolumesOptions['api'] & ReleasedVolumesOptions['api'];
  readonly storageCheckMs: number;
  readonly evict: (podUid: string, message: string) => void;
}

/**
 * What goes on with volumes beside setting them up: files of running pods follow the objects, limits are watched, and
 * the directories of released volumes go.
 */
export class VolumeUpkeep {
  readonly #live: LiveVolumes;
  readonly #storage: StorageMonitor;
  readonly #released: ReleasedVolumes;

  constructor(options: VolumeUpkeepOptions) {
    this.#live = new LiveVolumes(options);
    this.#released = new ReleasedVolumes(options);
    this.#storage = new StorageMonitor({
      ...options,
      everyMs: options.storageCheckMs,
      // What could not be removed is tried again.
      onRound: () => this.volumesChanged(),
    });
    this.#storage.start();
  }

  /** The pod, or something that it refers to, changed or may have changed. */
  changed(podUid: string): void {
    this.#live.changed(podUid);
  }

  /** Claims or volumes changed, or a pod that used one is gone. */
  volumesChanged(): void {
    this.#released.changed();
  }

  /** Resolves once nothing is under way any more. */
  async stop(): Promise<void> {
    await Promise.all([this.#live.stop(), this.#storage.stop(), this.#released.stop()]);
  }
}

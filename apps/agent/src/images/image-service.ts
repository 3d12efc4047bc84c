import { join } from 'node:path';
import type { Clock, Logger } from '@gantry/core';
import type { ImageGarbagePolicy } from '@gantry/core/images/image-garbage';
import { type ContainerRuntime, messageOf } from '../runtime/container-runtime.ts';
import { readDiskSpace } from './disk-space.ts';
import { ImageGarbageCollector } from './image-garbage-collector.ts';
import { NodeImages } from './node-images.ts';
import { OwnImages } from './own-images.ts';

export interface ImageServiceOptions {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly dataDir: string;
  /** Where the engine keeps its images. */
  readonly engineDirectory: string;
  readonly parallelPulls: number;
  readonly strictPull: boolean;
  readonly pullIdleTimeoutMs: number;
  readonly garbage: ImageGarbagePolicy & { readonly removesForeign: boolean };
  readonly wantedImages: () => Iterable<string>;
  /** Tells a Warning of the node. */
  readonly event: (reason: string, message: string) => void;
}

/** The kubelet's period. */
const collectEveryMs = 5 * 60_000;
/** What agents make for themselves: the container that holds the namespaces of a pod with several. */
const pinnedImages = ['gantry/pause:1'];

/** The node's images and their garbage collection. */
export class ImageService {
  readonly images: NodeImages;
  readonly own: OwnImages;
  readonly #options: ImageServiceOptions;
  readonly #collector: ImageGarbageCollector;
  #cancelTimer: () => void = () => undefined;
  #collecting: Promise<void> = Promise.resolve();
  #isStopped = false;

  private constructor(options: ImageServiceOptions, own: OwnImages) {
    const { runtime, clock, logger, garbage, wantedImages, event, engineDirectory } = options;
    this.#options = options;
    this.own = own;
    this.images = new NodeImages({ ...options, onPulled: (reference, id) => own.add(reference, id) });
    this.#collector = new ImageGarbageCollector({
      runtime,
      clock,
      logger,
      own,
      policy: garbage,
      removesForeign: garbage.removesForeign,
      diskSpace: () => readDiskSpace(engineDirectory),
      wantedImages,
      pinnedImages,
      event,
    });
    this.#schedule();
  }

  static async start(options: ImageServiceOptions): Promise<ImageService> {
    return new ImageService(options, await OwnImages.open(join(options.dataDir, 'images.json'), options.logger));
  }

  /** Resolves once nothing is being removed any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer();
    await this.#collecting;
    await this.own.close();
  }

  /** Removes every image that nothing uses and that is the node's to remove. Rejects where the engine fails. */
  async freeUnused(): Promise<void> {
    await this.#collecting;
    if (!this.#isStopped) await this.#collector.removeUnused();
  }

  #schedule(): void {
    if (this.#isStopped) return;
    this.#cancelTimer = this.#options.clock.setTimer(() => {
      this.#collecting = this.#collect().finally(() => this.#schedule());
    }, collectEveryMs);
  }

  async #collect(): Promise<void> {
    try {
      await this.#collector.collect();
    } catch (error) {
      // The engine is away: the next round is in time enough.
      this.#options.logger.warn({ err: messageOf(error) }, 'unused images could not be looked for');
    }
  }
}

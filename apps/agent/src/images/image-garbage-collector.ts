import type { Clock, Logger } from '@gantry/core';
import {
  type DiskSpace,
  type ImageGarbagePolicy,
  type ImageUse,
  planImageGarbage,
} from '@gantry/core/images/image-garbage';
import { type ContainerRuntime, type ImageDetails, isRuntimeError, messageOf } from '../runtime/container-runtime.ts';
import { parseImageReference } from './image-reference.ts';
import type { OwnImages } from './own-images.ts';

export interface ImageGarbageCollectorOptions {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly own: OwnImages;
  readonly policy: ImageGarbagePolicy;
  /** On an engine of its own the node removes images whoever brought them; on a shared one only what it brought. */
  readonly removesForeign: boolean;
  /** Space on the disk of the engine's images; undefined where it cannot be seen from here. */
  readonly diskSpace: () => Promise<DiskSpace | undefined>;
  /** References that pods of this node want. */
  readonly wantedImages: () => Iterable<string>;
  /** Images that are never removed, by reference. */
  readonly pinnedImages: readonly string[];
  /** Tells of the node. */
  readonly event: (reason: string, message: string) => void;
}

interface Sighting {
  readonly firstSeenAt: number;
  lastUsedAt: number;
}

/** Removes unused images where the disk fills, as the kubelet does: `collect` is to be called every few minutes. */
export class ImageGarbageCollector {
  readonly #options: ImageGarbageCollectorOptions;
  readonly #sightings = new Map<string, Sighting>();
  #isDiskHidden = false;

  constructor(options: ImageGarbageCollectorOptions) {
    this.#options = options;
  }

  /** One round; what cannot be freed is an event of the node. Rejects where the engine fails. */
  async collect(): Promise<void> {
    const { clock, policy, event, logger } = this.#options;
    const images = await this.#observe();
    const disk = await this.#options.diskSpace();
    if (!disk) return this.#noteHiddenDisk();
    const plan = planImageGarbage(images, disk, policy, clock.now());
    if (plan.bytesToFree === 0) return;
    const { usagePercent, bytesToFree, candidates } = plan;
    logger.info({ usagePercent, bytesToFree, candidates: candidates.length }, 'the disk of the images is filling up');
    let freedBytes = 0;
    for (const image of candidates) {
      if (freedBytes >= bytesToFree) return;
      if (await this.#remove(image)) freedBytes += image.sizeBytes;
    }
    if (freedBytes >= bytesToFree) return;
    const message =
      `Failed to garbage collect required amount of images. Attempted to free ${bytesToFree} bytes, ` +
      `but only found ${freedBytes} bytes eligible to free.`;
    event('FreeDiskSpaceFailed', message);
    event('ImageGCFailed', message);
  }

  /** Removes all that may go, of whatever age: the disk is so full that pods would have to go next. */
  async removeUnused(): Promise<void> {
    const images = await this.#observe();
    for (const image of images) if (!image.isInUse && !image.isPinned) await this.#remove(image);
  }

  #noteHiddenDisk(): void {
    if (this.#isDiskHidden) return;
    this.#isDiskHidden = true;
    this.#options.logger.warn({}, "the disk of the engine's images cannot be seen from here: no image is ever removed");
  }

  /** Notes what is in use now, which tells at a later time what was not used for long. */
  async #observe(): Promise<ImageUse[]> {
    const { runtime, clock, wantedImages, pinnedImages } = this.#options;
    // Any container's, also of other nodes and users of the engine.
    const [images, containers] = await Promise.all([runtime.listImages(), runtime.listContainers({})]);
    const usedIds = new Set(containers.map(({ imageId }) => imageId));
    const wanted = await this.#idsOf(images, wantedImages());
    const pinned = await this.#idsOf(images, pinnedImages);
    const now = clock.now();
    for (const id of this.#sightings.keys()) if (!images.some((image) => image.id === id)) this.#sightings.delete(id);
    return images.map((image) => {
      const isInUse = usedIds.has(image.id) || wanted.has(image.id);
      const seen = this.#sightings.get(image.id) ?? { firstSeenAt: now, lastUsedAt: 0 };
      this.#sightings.set(image.id, seen);
      if (isInUse) seen.lastUsedAt = now;
      const isPinned = pinned.has(image.id) || (!this.#options.removesForeign && !this.#isOwn(image));
      return { id: image.id, sizeBytes: image.sizeBytes, isInUse, isPinned, ...seen };
    });
  }

  async #idsOf(images: readonly ImageDetails[], references: Iterable<string>): Promise<ReadonlySet<string>> {
    const byName = new Map(images.flatMap(({ id, tags, digests }) => [...tags, ...digests].map((name) => [name, id])));
    const ids = new Set<string>();
    for (const reference of new Set(references)) {
      // Short for `docker.io/library/…:latest`, say: the engine knows.
      const id = byName.get(reference) ?? (await this.#inspect(reference));
      if (id !== undefined) ids.add(id);
    }
    return ids;
  }

  async #inspect(reference: string): Promise<string | undefined> {
    try {
      return (await this.#options.runtime.inspectImage(reference))?.id;
    } catch (error) {
      // No possible name is no image.
      if (isRuntimeError(error, 'refused')) return undefined;
      throw error;
    }
  }

  /** Every name it has, it got from this agent: nobody else tagged, built or pulled it. */
  #isOwn(image: ImageDetails): boolean {
    const own = this.#options.own.namesOf(image.id).map(canonicalName);
    return own.length > 0 && image.tags.every((tag) => own.includes(canonicalName(tag)));
  }

  async #remove(image: ImageUse): Promise<boolean> {
    const { runtime, own, logger } = this.#options;
    try {
      const details = await runtime.inspectImage(image.id);
      // Tags and digests one by one: by its id an image of several names is refused.
      const names = details ? [...details.tags, ...details.digests] : [];
      for (const name of names.length > 0 ? names : [image.id]) await runtime.removeImage(name);
      for (const name of own.namesOf(image.id)) own.forget(name);
      this.#sightings.delete(image.id);
      logger.info({ image: image.id, names, sizeBytes: image.sizeBytes }, 'removed an unused image');
      return true;
    } catch (error) {
      if (isRuntimeError(error, 'unreachable')) throw error;
      // A container came to use it meanwhile.
      logger.info({ image: image.id, err: messageOf(error) }, 'an image could not be removed');
      return false;
    }
  }
}

/** One spelling for all that name the same tag or digest. */
function canonicalName(reference: string): string {
  const { name, tag = 'latest', digest } = parseImageReference(reference);
  return digest === undefined ? `${name}:${tag}` : `${name}@${digest}`;
}

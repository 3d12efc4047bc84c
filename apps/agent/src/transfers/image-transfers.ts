import type { Readable } from 'node:stream';
import { ApiError } from '@gantry/api-types';
import type { ImageFacts, ImageLayersAnswer, PodReference } from '@gantry/api-types/protocol';
import { countSharedLayers, indexImageArchive, withoutLayers } from '@gantry/core/streams/image-archive';
import { isRuntimeError, messageOf } from '../runtime/container-runtime.ts';
import type { ImageTransferRuntime } from '../runtime/image-transfer.ts';

/** What transfers need of the node's pods. */
export interface TransferPods {
  /** The engine's id of a running container. Throws `ApiError` where it does not run. */
  runningContainer(pod: PodReference, container: string): string;
  /** This agent brought an image to the engine, and may remove it again. */
  noteImage(reference: string, imageId: string): void;
}

/** Images between this node's engine and others. Failures that the asking side can mend are `ApiError`s. */
export class ImageTransfers {
  readonly #engine: ImageTransferRuntime;
  readonly #pods: () => TransferPods;

  constructor(engine: ImageTransferRuntime, pods: () => TransferPods) {
    this.#engine = engine;
    this.#pods = pods;
  }

  async compareLayers(reference: string, imageId: string, layers: readonly string[]): Promise<ImageLayersAnswer> {
    const [engineId, named] = await Promise.all([this.#engine.engineId(), this.#engine.imageLayers(reference)]);
    if (named?.id === imageId) return { engineId, isPresent: true, sharedLayers: layers.length };
    const sharedLayers = countSharedLayers(layers, await this.#engine.allImageLayers());
    return { engineId, isPresent: false, sharedLayers };
  }

  async load(reference: string, archive: Readable, signal: AbortSignal): Promise<ImageFacts> {
    const before = await this.#engine.imageLayers(reference);
    try {
      await this.#engine.loadImage(archive, signal);
    } catch (error) {
      if (!isRuntimeError(error, 'refused', 'notFound')) throw error;
      throw new ApiError('BadRequest', `the engine does not take the image ${reference}: ${messageOf(error)}`);
    }
    const facts = await this.factsOf(reference);
    if (facts.imageId !== before?.id) this.#pods().noteImage(reference, facts.imageId);
    return facts;
  }

  /** The archive without the lowest `skipLayers` layers; it is read twice where there is something to leave out. */
  async save(reference: string, skipLayers: number, signal: AbortSignal): Promise<Readable> {
    await this.factsOf(reference);
    if (skipLayers === 0) return this.#engine.saveImage(reference, signal);
    const index = await indexImageArchive(await this.#engine.saveImage(reference, signal));
    const archive = await this.#engine.saveImage(reference, signal);
    const sieve = withoutLayers(index, skipLayers);
    archive.on('error', (error) => sieve.destroy(error));
    sieve.on('close', () => archive.destroy());
    return archive.pipe(sieve);
  }

  async commit(pod: PodReference, container: string, reference: string): Promise<ImageFacts> {
    const id = this.#pods().runningContainer(pod, container);
    try {
      await this.#engine.commitContainer(id, reference);
    } catch (error) {
      if (!isRuntimeError(error, 'refused', 'notFound', 'conflict')) throw error;
      throw new ApiError('BadRequest', `container ${container} of pod ${pod.name}: ${messageOf(error)}`);
    }
    const facts = await this.factsOf(reference);
    this.#pods().noteImage(reference, facts.imageId);
    return facts;
  }

  async factsOf(reference: string): Promise<ImageFacts> {
    const [engineId, image] = await Promise.all([this.#engine.engineId(), this.#engine.imageLayers(reference)]);
    if (!image) throw new ApiError('NotFound', `the node has no image ${reference}`);
    return { engineId, reference, imageId: image.id, layers: image.layers, sizeBytes: image.sizeBytes };
  }
}

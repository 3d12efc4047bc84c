import type { Clock } from '@gantry/core';
import {
  type ContainerRuntime,
  type ImageDetails,
  isRuntimeError,
  messageOf,
  type RegistryAuth,
} from '../runtime/container-runtime.ts';
import { ImagePulls } from './image-pulls.ts';
import { parseImageReference } from './image-reference.ts';
import { PullAnnouncer } from './pull-announcer.ts';

export interface ImageRequest {
  readonly reference: string;
  readonly policy: string;
  readonly credentials: readonly RegistryAuth[];
  readonly event: (type: 'Normal' | 'Warning', reason: string, message: string) => void;
  /** How far the pull has come, in words, every few seconds. */
  readonly progress: (text: string) => void;
}

export interface NodeImagesOptions {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly parallelPulls: number;
  /** Never start a local image in place of one whose registry cannot be reached. */
  readonly strictPull: boolean;
  readonly pullIdleTimeoutMs: number;
  /** See `ImagePullsOptions.onPulled`. */
  readonly onPulled?: (reference: string, imageId: string) => void;
}

/** An image cannot be had; `reason` is Kubernetes' waiting reason. */
export class ImageProblem extends Error {
  readonly reason: string;

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ImageProblem';
    this.reason = reason;
  }
}

/** The images of the node: what is there (cached until the engine says that images changed), and pulls. */
export class NodeImages {
  readonly #options: NodeImagesOptions;
  readonly #pulls: ImagePulls;
  readonly #local = new Map<string, Promise<ImageDetails | undefined>>();

  constructor(options: NodeImagesOptions) {
    this.#options = options;
    const { runtime, clock, parallelPulls, pullIdleTimeoutMs: idleTimeoutMs } = options;
    const onPulled = options.onPulled ?? (() => undefined);
    this.#pulls = new ImagePulls({ runtime, clock, parallelPulls, idleTimeoutMs, onPulled });
  }

  /** Images came or went: nothing that was read before holds any more. */
  forget(): void {
    this.#local.clear();
  }

  /** Resolves once a container may be started from the image. Throws {@link ImageProblem}, or an engine's error. */
  async ensure(request: ImageRequest): Promise<ImageDetails> {
    const { reference, policy } = request;
    if (policy === 'Always') return this.#pullAlways(request);
    const local = await this.#inspect(reference);
    if (local) {
      request.event('Normal', 'Pulled', `Container image "${reference}" already present on machine`);
      return local;
    }
    if (policy === 'Never') {
      const message = `Container image "${reference}" is not present with pull policy of Never`;
      request.event('Warning', 'ErrImageNeverPull', message);
      throw new ImageProblem('ErrImageNeverPull', message);
    }
    return this.#pull(request);
  }

  async #pullAlways(request: ImageRequest): Promise<ImageDetails> {
    // Refuses what cannot be a name.
    await this.#inspect(request.reference);
    try {
      return await this.#pull(request);
    } catch (error) {
      const isUnreachable = error instanceof ImageProblem && isRuntimeError(error.cause, 'registryUnreachable');
      if (!isUnreachable || this.#options.strictPull) throw error;
      const local = await this.#inspect(request.reference);
      if (!local) throw error;
      const message = `Registry cannot be reached, using the image "${request.reference}" that is present on the machine: ${error.message}`;
      request.event('Warning', 'PullSkipped', message);
      return local;
    }
  }

  async #pull(request: ImageRequest): Promise<ImageDetails> {
    const { reference, credentials } = request;
    const { clock } = this.#options;
    const startedAt = clock.now();
    request.event('Normal', 'Pulling', `Pulling image "${reference}"`);
    const announcer = new PullAnnouncer(reference, startedAt);
    let pullMs: number;
    try {
      pullMs = await this.#pulls.pull({
        reference,
        credentials,
        onProgress: (progress) => {
          const { status, event } = announcer.announce(progress, clock.now());
          if (status !== undefined) request.progress(status);
          if (event !== undefined) request.event('Normal', 'Pulling', event);
        },
      });
    } catch (error) {
      if (isRuntimeError(error, 'unreachable')) throw error;
      throw new ImageProblem('ErrImagePull', messageOf(error), { cause: error });
    }
    this.#local.delete(reference);
    const image = await this.#inspect(reference);
    if (!image) throw new ImageProblem('ErrImagePull', `image "${reference}" is not there after it was pulled`);
    const totalMs = clock.now() - startedAt;
    const took = `${pullMs}ms (${totalMs}ms including waiting)`;
    const message = `Successfully pulled image "${reference}" in ${took}. Image size: ${image.sizeBytes} bytes.`;
    request.event('Normal', 'Pulled', message);
    return image;
  }

  async #inspect(reference: string): Promise<ImageDetails | undefined> {
    const known = this.#local.get(reference) ?? this.#options.runtime.inspectImage(reference);
    this.#local.set(reference, known);
    try {
      const image = await known;
      // "Not there" is not kept: an image may be loaded while the event stream is down.
      if (!image) this.#local.delete(reference);
      return image;
    } catch (error) {
      this.#local.delete(reference);
      if (!isRuntimeError(error, 'refused')) throw error;
      const text = `Failed to apply default image tag "${reference}": couldn't parse image name "${reference}": invalid reference format`;
      throw new ImageProblem('InvalidImageName', text, { cause: error });
    }
  }
}

/** The image's id as a container status shows it: of several digests the one of the repository that was asked for. */
export function displayIdOf(image: ImageDetails, reference: string): string {
  const { name } = parseImageReference(reference);
  const digest = image.digests.find((known) => parseImageReference(known).name === name) ?? image.digests[0];
  return digest === undefined ? `docker://${image.id}` : `docker-pullable://${digest}`;
}

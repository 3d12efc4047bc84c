import type { Clock } from '@gantry/core';
import { Semaphore } from '../pod/semaphore.ts';
import {
  type ContainerRuntime,
  type ImageDetails,
  isRuntimeError,
  messageOf,
  type RegistryAuth,
} from '../runtime/container-runtime.ts';

export interface ImageRequest {
  readonly reference: string;
  readonly policy: string;
  readonly auth?: RegistryAuth;
  readonly event: (type: 'Normal' | 'Warning', reason: string, message: string) => void;
}

export interface NodeImagesOptions {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly parallelPulls: number;
  /** Never start a local image in place of one whose registry cannot be reached. */
  readonly strictPull: boolean;
  readonly pullIdleTimeoutMs: number;
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

/** How long "nobody answers" holds for the next pod that wants the same image, so that fifty pods wait only once. */
const unreachableForMs = 10_000;

/** The images of the node: what is there (cached until the engine says that images changed), and pulls, one per image at a time. */
export class NodeImages {
  readonly #options: NodeImagesOptions;
  readonly #pulls: Semaphore;
  readonly #local = new Map<string, Promise<ImageDetails | undefined>>();
  readonly #pulling = new Map<string, Promise<number>>();
  readonly #unreachable = new Map<string, { readonly until: number; readonly error: unknown }>();

  constructor(options: NodeImagesOptions) {
    this.#options = options;
    this.#pulls = new Semaphore(options.parallelPulls);
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
    const { reference } = request;
    const startedAt = this.#options.clock.now();
    request.event('Normal', 'Pulling', `Pulling image "${reference}"`);
    let pullMs: number;
    try {
      pullMs = await this.#pullOnce(request);
    } catch (error) {
      if (isRuntimeError(error, 'unreachable')) throw error;
      throw new ImageProblem('ErrImagePull', messageOf(error), { cause: error });
    }
    const image = await this.#inspect(reference);
    if (!image) throw new ImageProblem('ErrImagePull', `image "${reference}" is not there after it was pulled`);
    const totalMs = this.#options.clock.now() - startedAt;
    const took = `${pullMs}ms (${totalMs}ms including waiting)`;
    const message = `Successfully pulled image "${reference}" in ${took}. Image size: ${image.sizeBytes} bytes.`;
    request.event('Normal', 'Pulled', message);
    return image;
  }

  /** Resolves with the milliseconds the pull took; several callers share one pull. */
  #pullOnce(request: ImageRequest): Promise<number> {
    const key = `${request.reference} ${request.auth?.username ?? ''}`;
    const failed = this.#unreachable.get(key);
    if (failed && this.#options.clock.now() < failed.until) return Promise.reject(failed.error);
    this.#unreachable.delete(key);
    const running = this.#pulling.get(key) ?? this.#startPull(key, request).finally(() => this.#pulling.delete(key));
    this.#pulling.set(key, running);
    return running;
  }

  #startPull(key: string, { reference, auth }: ImageRequest): Promise<number> {
    const { runtime, clock, pullIdleTimeoutMs: idleTimeoutMs } = this.#options;
    return this.#pulls.run(async () => {
      const startedAt = clock.now();
      try {
        await runtime.pullImage(reference, { idleTimeoutMs, ...(auth ? { auth } : {}) });
      } catch (error) {
        if (isRuntimeError(error, 'registryUnreachable')) {
          this.#unreachable.set(key, { until: clock.now() + unreachableForMs, error });
        }
        throw error;
      }
      this.#local.delete(reference);
      return clock.now() - startedAt;
    });
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

/** The image's id as a container status shows it. */
export function displayIdOf(image: ImageDetails): string {
  const [digest] = image.digests;
  return digest === undefined ? `docker://${image.id}` : `docker-pullable://${digest}`;
}

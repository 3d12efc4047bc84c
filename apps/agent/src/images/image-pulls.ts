import { createHash } from 'node:crypto';
import type { Clock } from '@gantry/core';
import { Semaphore } from '../pod/semaphore.ts';
import { type ContainerRuntime, isRuntimeError, messageOf, type RegistryAuth } from '../runtime/container-runtime.ts';
import type { PullProgress } from '../runtime/pull-meter.ts';

export interface ImagePullsOptions {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly parallelPulls: number;
  readonly idleTimeoutMs: number;
  /** A pull brought an image that was not there before, or another one than that. */
  readonly onPulled: (reference: string, imageId: string) => void;
}

export interface PullRequest {
  readonly reference: string;
  /** Tried in this order until the registry agrees; without any the registry is asked without. */
  readonly credentials: readonly RegistryAuth[];
  readonly onProgress: (progress: PullProgress) => void;
}

interface RunningPull {
  readonly tookMs: Promise<number>;
  readonly listeners: Set<(progress: PullProgress) => void>;
}

/** How long "nobody answers" holds for the next pod that wants the same image, so that fifty pods wait only once. */
const unreachableForMs = 10_000;

/** Pulls: a few at a time, and one for all who want the same image with the same credentials. */
export class ImagePulls {
  readonly #options: ImagePullsOptions;
  readonly #slots: Semaphore;
  readonly #running = new Map<string, RunningPull>();
  readonly #unreachable = new Map<string, { readonly until: number; readonly error: unknown }>();

  constructor(options: ImagePullsOptions) {
    this.#options = options;
    this.#slots = new Semaphore(options.parallelPulls);
  }

  /** Resolves with the milliseconds the pull took, waiting for others not counted. Rejects with the runtime's errors. */
  async pull(request: PullRequest): Promise<number> {
    const key = keyOf(request);
    const now = this.#options.clock.now();
    for (const [other, { until }] of this.#unreachable) if (until <= now) this.#unreachable.delete(other);
    const failed = this.#unreachable.get(key);
    if (failed) throw failed.error;
    const running = this.#running.get(key) ?? this.#start(key, request);
    running.listeners.add(request.onProgress);
    return running.tookMs;
  }

  #start(key: string, request: PullRequest): RunningPull {
    const listeners = new Set<(progress: PullProgress) => void>();
    const onProgress = (progress: PullProgress) => {
      for (const listener of listeners) listener(progress);
    };
    const tookMs = this.#slots
      .run(() => this.#pullNow(key, { ...request, onProgress }))
      .finally(() => this.#running.delete(key));
    const running = { tookMs, listeners };
    this.#running.set(key, running);
    return running;
  }

  async #pullNow(key: string, request: PullRequest): Promise<number> {
    const { runtime, clock, onPulled } = this.#options;
    const { reference } = request;
    const startedAt = clock.now();
    // A name that cannot be one is the registry's, or the engine's, to refuse.
    const before = await runtime.inspectImage(reference).catch(() => undefined);
    try {
      await this.#pullWithAny(request);
    } catch (error) {
      if (isRuntimeError(error, 'registryUnreachable')) {
        this.#unreachable.set(key, { until: clock.now() + unreachableForMs, error });
      }
      throw error;
    }
    const tookMs = clock.now() - startedAt;
    const after = await runtime.inspectImage(reference);
    if (after && after.id !== before?.id) onPulled(reference, after.id);
    return tookMs;
  }

  async #pullWithAny({ reference, credentials, onProgress }: PullRequest): Promise<void> {
    const { runtime, idleTimeoutMs } = this.#options;
    const attempts = credentials.length > 0 ? credentials : [undefined];
    const refusals: Error[] = [];
    for (const auth of attempts) {
      try {
        return await runtime.pullImage(reference, { idleTimeoutMs, onProgress, ...(auth ? { auth } : {}) });
      } catch (error) {
        // Only a "no" may be a "yes" to somebody else.
        if (!isRuntimeError(error, 'pullRefused')) throw error;
        refusals.push(error);
      }
    }
    const [first] = refusals;
    const texts = new Set(refusals.map(messageOf));
    if (!first || texts.size === 1) throw first;
    first.message = `[${[...texts].join(', ')}]`;
    throw first;
  }
}

/** Who pulls with another password does not share: it may not be allowed to. Passwords are not kept as keys. */
function keyOf({ reference, credentials }: PullRequest): string {
  const secrets = JSON.stringify(credentials.map(({ username, password }) => [username, password]));
  return `${reference} ${createHash('sha256').update(secrets).digest('base64')}`;
}

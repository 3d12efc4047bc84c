import type { Clock, Logger } from '@gantry/core';
import { backoffDelayMs } from '@gantry/core/lib/backoff';
import {
  type ContainerEvent,
  type ContainerRuntime,
  type ContainerSummary,
  messageOf,
} from '../runtime/container-runtime.ts';

export interface EngineWatchOptions {
  readonly runtime: ContainerRuntime;
  readonly labels: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly relistMs: number;
  readonly onEvent: (event: ContainerEvent) => void;
  readonly onImages: () => void;
  /** All containers of the node as of now; called after every (re)connect and every relist. May be asynchronous. */
  readonly onList: (containers: readonly ContainerSummary[]) => Promise<void>;
}

const retry = { baseMs: 250, maxMs: 10_000 };
/** Between two questions to an engine that leaves them unanswered; each waits long enough by itself. */
const silentRetryMs = 1_000;

/** Keeps the engine's event stream open, reconnecting with back-off, and lists after each connect and now and then. */
export class EngineWatch {
  readonly #options: EngineWatchOptions;
  readonly #stopped = new AbortController();
  #cancelTimer: (() => void) | undefined;
  #failures = 0;
  #connection: AbortController | undefined;
  /** The engine keeps the connection and does not answer. */
  #isSilent = false;
  #work: Promise<void> = Promise.resolve();

  constructor(options: EngineWatchOptions) {
    this.#options = options;
  }

  /** Whether the engine is there and answers. */
  get isConnected(): boolean {
    return this.#connection !== undefined && !this.#isSilent;
  }

  /** Resolves after the first attempt, whether it succeeded or not; goes on until {@link stop}. */
  start(): Promise<void> {
    return this.#run(() => this.#connect());
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#cancelTimer?.();
    await this.#work;
  }

  #run(task: () => Promise<void>): Promise<void> {
    this.#work = task();
    return this.#work;
  }

  /** Listens first and lists then, so that nothing falls in between. */
  async #connect(): Promise<void> {
    const { runtime, labels, logger } = this.#options;
    const connection = new AbortController();
    try {
      const signal = AbortSignal.any([this.#stopped.signal, connection.signal]);
      const { onEvent: onContainer, onImages } = this.#options;
      const onEnd = (error: unknown) => this.#onEnd(connection, error);
      await runtime.watch(labels, { onContainer, onImages, onEnd }, signal);
      this.#connection = connection;
      onImages();
      await this.#list();
    } catch (error) {
      connection.abort();
      this.#connection = undefined;
      return this.#retryLater(error);
    }
    if (this.#failures > 0) logger.info({}, 'the container engine answers again');
    this.#failures = 0;
    this.#relistLater();
  }

  #onEnd(connection: AbortController, error: unknown): void {
    if (this.#stopped.signal.aborted || this.#connection !== connection) return;
    this.#connection = undefined;
    this.#cancelTimer?.();
    this.#retryLater(error);
  }

  #retryLater(error: unknown): void {
    if (this.#stopped.signal.aborted) return;
    const { clock, logger } = this.#options;
    if (this.#failures === 0) {
      const fields = { err: messageOf(error) };
      logger.warn(fields, 'the container engine cannot be reached, its containers are left as they are; trying again');
    }
    this.#cancelTimer = clock.setTimer(
      () => void this.#run(() => this.#connect()),
      backoffDelayMs(this.#failures, retry),
    );
    this.#failures += 1;
  }

  #relistLater(): void {
    if (this.#stopped.signal.aborted || !this.#connection) return;
    const { clock, relistMs } = this.#options;
    this.#cancelTimer?.();
    const delayMs = this.#isSilent ? silentRetryMs : relistMs;
    this.#cancelTimer = clock.setTimer(() => void this.#run(() => this.#relist()), delayMs);
  }

  async #relist(): Promise<void> {
    const wasSilent = this.#isSilent;
    try {
      await this.#list();
      if (wasSilent) this.#options.logger.info({}, 'the container engine answers again');
    } catch (error) {
      // A broken engine also ends the event stream, which reconnects; a slow one is asked again.
      this.#options.logger.warn({ err: messageOf(error) }, 'the containers of the engine could not be looked through');
    }
    this.#relistLater();
  }

  async #list(): Promise<void> {
    const { runtime, labels, onList } = this.#options;
    let containers: readonly ContainerSummary[];
    try {
      containers = await runtime.listContainers(labels);
    } catch (error) {
      this.#isSilent = true;
      throw error;
    }
    this.#isSilent = false;
    await onList(containers);
  }
}

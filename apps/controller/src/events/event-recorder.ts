import { isApiError, type KubernetesObject } from '@gantry/api-types';
import type { ApiClient, Clock, EventRecorder, InformerSource, Logger, RecordedEvent } from '@gantry/core';
import { EventBacklog } from '@gantry/core/events/event-backlog';
import { EventCorrelator, type EventCorrelatorOptions } from '@gantry/core/events/event-correlator';
import { TokenBucket } from '@gantry/core/lib/token-bucket';
import { EventSweeper } from './event-sweeper.ts';
import { EventWriter, type PendingEvent } from './event-writer.ts';

export interface EventRecorderOptions {
  readonly client: ApiClient;
  /** With informers, events older than `ttlMs`, and those beyond `maxKept`, are deleted. */
  readonly informers?: InformerSource;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long an event is kept after it last happened; 1 h by default. */
  readonly ttlMs?: number;
  /**
   * How many events are kept, the newest; 5,000 by default, about 15 MB of memory. Kubernetes knows the age alone, but a
   * busy hour would then take more memory than everything else here.
   */
  readonly maxKept?: number;
  /** How many events may wait to be written; beyond it the oldest Normal ones are dropped. 4,096 by default. */
  readonly maxWaiting?: number;
  /** Events written per second in the long run, so that a storm of pods is not slowed by its own events; 200 by default. */
  readonly writesPerSecond?: number;
  readonly correlation?: EventCorrelatorOptions;
}

const maxInFlight = 4;
const reportDropsEveryMs = 60_000;

/** The recorder of a process, and its end: `stop` resolves once nothing is being written; what waits is given up. */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder & { stop(): Promise<void> } {
  const recorder = new QueueingEventRecorder(options);
  const { client, informers, clock, logger, ttlMs = 3_600_000, maxKept = 5_000 } = options;
  const sweeper = informers && new EventSweeper({ client, informers, clock, logger, ttlMs, maxKept });
  return {
    record: (about, event) => recorder.record(about, event),
    async stop() {
      await Promise.all([recorder.stop(), sweeper?.stop()]);
    },
  };
}

class QueueingEventRecorder implements EventRecorder {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #correlator: EventCorrelator;
  readonly #backlog: EventBacklog<PendingEvent>;
  readonly #writer: EventWriter;
  readonly #pace: TokenBucket;
  readonly #writing = new Map<string, Promise<void>>();
  #cancelPace: (() => void) | undefined;
  #cancelReport: (() => void) | undefined;
  #dropped = 0;
  #isStopped = false;

  constructor(options: EventRecorderOptions) {
    const { client, clock, logger, maxWaiting = 4096, writesPerSecond = 200 } = options;
    this.#clock = clock;
    this.#logger = logger;
    this.#correlator = new EventCorrelator(options.correlation);
    this.#backlog = new EventBacklog(maxWaiting);
    this.#writer = new EventWriter(client, clock);
    this.#pace = new TokenBucket({ burst: writesPerSecond, perSecond: writesPerSecond, nowMs: clock.now() });
  }

  record(about: KubernetesObject, event: RecordedEvent): void {
    if (this.#isStopped) return;
    const nowMs = this.#clock.now();
    const correlated = this.#correlator.correlate(about, event, nowMs);
    if (!correlated) return;
    const { key, message } = correlated;
    const waiting = this.#backlog.get(key);
    if (waiting) {
      waiting.times += 1;
      waiting.lastMs = nowMs;
      waiting.message = message;
      return;
    }
    const pending = { key, type: event.type, about, event, message, times: 1, firstMs: nowMs, lastMs: nowMs };
    if (this.#backlog.push(pending)) this.#countDrop();
    this.#writeNext();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#backlog.clear();
    this.#cancelPace?.();
    this.#cancelReport?.();
    await Promise.all(this.#writing.values());
  }

  #writeNext(): void {
    while (!this.#isStopped && this.#cancelPace === undefined && this.#backlog.size > 0) {
      if (this.#writing.size >= maxInFlight) return;
      const nowMs = this.#clock.now();
      if (!this.#pace.tryTake(nowMs)) {
        this.#resumeAfter(this.#pace.waitMs(nowMs));
        return;
      }
      const pending = this.#backlog.shift();
      if (pending) this.#start(pending);
    }
  }

  #start(pending: PendingEvent): void {
    // Two writes of one key at once could both create the event.
    const before = this.#writing.get(pending.key) ?? Promise.resolve();
    const writing = before
      .then(() => this.#writer.write(pending))
      .catch((error: unknown) => this.#onRefused(error, pending))
      .finally(() => {
        if (this.#writing.get(pending.key) === writing) this.#writing.delete(pending.key);
        this.#writeNext();
      });
    this.#writing.set(pending.key, writing);
  }

  #resumeAfter(delayMs: number): void {
    this.#cancelPace = this.#clock.setTimer(() => {
      this.#cancelPace = undefined;
      this.#writeNext();
    }, delayMs);
  }

  #onRefused(error: unknown, pending: PendingEvent): void {
    // The namespace is gone or going: nobody is left to read the event.
    if (isApiError(error, 'NotFound', 'Forbidden')) return;
    const { reason } = pending.event;
    this.#logger.warn({ err: error, reason, object: pending.about.metadata.name }, 'event could not be written');
  }

  #countDrop(): void {
    this.#dropped += 1;
    this.#cancelReport ??= this.#clock.setTimer(() => {
      this.#cancelReport = undefined;
      this.#logger.warn({ dropped: this.#dropped }, 'events were dropped because too many came at once');
      this.#dropped = 0;
    }, reportDropsEveryMs);
  }
}

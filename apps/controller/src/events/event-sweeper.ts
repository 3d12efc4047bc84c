import { type Event, isApiError } from '@gantry/api-types';
import type { ApiClient, Clock, InformerSource, Logger } from '@gantry/core';
import { parseTime } from '@gantry/core/lib/timestamp';

export interface EventSweeperOptions {
  readonly client: ApiClient;
  readonly informers: InformerSource;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ttlMs: number;
  /** How many are kept at most; the ones that last happened first go first. */
  readonly maxKept: number;
}

const sweepEveryMs = 60_000;
/** Deletes under way at once: old events must not hold up anything that matters. */
const batchSize = 16;

/** Deletes events that last happened longer ago than their time to live, and the oldest of too many. */
export class EventSweeper {
  readonly #options: EventSweeperOptions;
  #cancel: () => void;
  #sweeping: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: EventSweeperOptions) {
    this.#options = options;
    this.#cancel = options.clock.setTimer(() => this.#onTimer(), sweepEveryMs);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#sweeping;
  }

  #onTimer(): void {
    this.#sweeping = this.#sweep().finally(() => {
      if (!this.#isStopped) this.#cancel = this.#options.clock.setTimer(() => this.#onTimer(), sweepEveryMs);
    });
  }

  async #sweep(): Promise<void> {
    const { informers, clock, ttlMs, maxKept } = this.#options;
    const old = outOfDate(informers.informer('events').lister.list(), clock.now() - ttlMs, maxKept);
    for (let start = 0; start < old.length && !this.#isStopped; start += batchSize) {
      await Promise.all(old.slice(start, start + batchSize).map((event) => this.#delete(event)));
    }
  }

  async #delete(event: Event): Promise<void> {
    const { client, logger } = this.#options;
    const { namespace, name, uid, resourceVersion } = event.metadata;
    try {
      // One that was counted up meanwhile is not old any more.
      await client.delete('events', namespace, name, { preconditions: { uid, resourceVersion } });
    } catch (error) {
      if (isApiError(error, 'NotFound', 'Conflict')) return;
      logger.warn({ err: error, event: `${namespace}/${name}` }, 'old event could not be deleted');
    }
  }
}

function outOfDate(events: readonly Event[], before: number, maxKept: number): readonly Event[] {
  if (events.length <= maxKept) return events.filter((event) => lastHappenedMs(event) < before);
  const newestFirst = events.map((event) => ({ event, at: lastHappenedMs(event) })).sort((a, b) => b.at - a.at);
  return newestFirst.filter(({ at }, index) => index >= maxKept || at < before).map(({ event }) => event);
}

function lastHappenedMs(event: Event): number {
  const { series, lastTimestamp, eventTime, metadata } = event;
  return (
    parseTime(series?.lastObservedTime) ??
    parseTime(lastTimestamp) ??
    parseTime(eventTime) ??
    parseTime(metadata.creationTimestamp) ??
    0
  );
}

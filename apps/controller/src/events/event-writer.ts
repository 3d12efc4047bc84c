import { type Event, isApiError, type KubernetesObject, type NewObject } from '@gantry/api-types';
import type { ApiClient, Clock, RecordedEvent } from '@gantry/core';
import type { BacklogItem } from '@gantry/core/events/event-backlog';
import { remember } from '@gantry/core/events/event-correlator';
import { formatTime } from '@gantry/core/lib/timestamp';

/** An event on its way to the API. `times` counts occurrences that are not written yet. */
export interface PendingEvent extends BacklogItem {
  readonly about: KubernetesObject;
  readonly event: RecordedEvent;
  message: string;
  times: number;
  readonly firstMs: number;
  lastMs: number;
}

interface WrittenEvent {
  readonly namespace: string;
  readonly name: string;
  readonly count: number;
}

/** Events written longer ago are not counted up any more but written anew. */
const maxRemembered = 4096;
/** Room for the time in a name, which is limited to 253 characters. */
const maxNamePrefix = 253 - 18;

/** Writes events: the first of a key as an object of its own, later ones as a count on it. */
export class EventWriter {
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #written = new Map<string, WrittenEvent>();
  #lastNanos = 0n;

  constructor(client: ApiClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** Rejects with `ApiError` where the API refuses the event. */
  async write(pending: PendingEvent): Promise<void> {
    const written = this.#written.get(pending.key);
    const next = (written && (await this.#countUp(written, pending))) ?? (await this.#create(pending));
    remember(this.#written, pending.key, next, maxRemembered);
  }

  async #countUp(written: WrittenEvent, pending: PendingEvent): Promise<WrittenEvent | undefined> {
    const { namespace, name } = written;
    const count = written.count + pending.times;
    const patch = { count, lastTimestamp: formatTime(pending.lastMs), message: pending.message };
    try {
      await this.#client.mergePatch('events', namespace, name, patch);
      return { namespace, name, count };
    } catch (error) {
      // It was deleted or expired: this one starts anew.
      if (isApiError(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  async #create(pending: PendingEvent): Promise<WrittenEvent> {
    const object = newEvent(pending, this.#uniqueSuffix());
    const { metadata } = await this.#client.create('events', object);
    return { namespace: metadata.namespace ?? 'default', name: metadata.name, count: pending.times };
  }

  /** The time in nanoseconds, which clocks here do not have: counted on where two fall together. */
  #uniqueSuffix(): string {
    const nanos = BigInt(Math.floor(this.#clock.now())) * 1_000_000n;
    this.#lastNanos = nanos > this.#lastNanos ? nanos : this.#lastNanos + 1n;
    return this.#lastNanos.toString(16);
  }
}

function newEvent(pending: PendingEvent, suffix: string): NewObject<Event> {
  const { about, event, message, times, firstMs, lastMs } = pending;
  const { namespace, name, uid, resourceVersion } = about.metadata;
  const { component, host, fieldPath } = event;
  // Events about cluster-scoped objects live in `default`.
  const eventNamespace = namespace || 'default';
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name.slice(0, maxNamePrefix)}.${suffix}`, namespace: eventNamespace },
    involvedObject: {
      kind: about.kind,
      ...(namespace ? { namespace } : {}),
      name,
      uid,
      apiVersion: about.apiVersion,
      ...(resourceVersion ? { resourceVersion } : {}),
      ...(fieldPath === undefined ? {} : { fieldPath }),
    },
    reason: event.reason,
    message,
    source: { component, ...(host === undefined ? {} : { host }) },
    firstTimestamp: formatTime(firstMs),
    lastTimestamp: formatTime(lastMs),
    count: times,
    type: event.type,
    reportingComponent: component,
    reportingInstance: host ?? '',
  };
}

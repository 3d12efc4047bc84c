import type { KubernetesObject } from '@gantry/api-types';
import { TokenBucket } from '../lib/token-bucket.ts';
import type { RecordedEvent } from './event-recorder.ts';

/** What to do with a recorded event: write it under `key`, where events of one key are one object with a count. */
export interface CorrelatedEvent {
  readonly key: string;
  readonly message: string;
}

export interface EventCorrelatorOptions {
  /** Events of one type about one object from one source at once, before {@link refillPerSecond} limits them. */
  readonly burst?: number;
  readonly refillPerSecond?: number;
  /** Different messages of one reason before they are combined into one event. */
  readonly maxSimilar?: number;
  /** How many objects and groups are remembered; the least recently used go first. */
  readonly maxTracked?: number;
}

interface SimilarEvents {
  readonly messages: Set<string>;
  lastSeenMs: number;
}

const similarWindowMs = 600_000;

/**
 * Kubernetes' event correlation: many messages of one reason about one object are combined, and an object that keeps
 * producing events of a type is cut off until its token bucket refills. Deterministic; time is passed in.
 */
export class EventCorrelator {
  readonly #options: Required<EventCorrelatorOptions>;
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #similar = new Map<string, SimilarEvents>();

  constructor(options: EventCorrelatorOptions = {}) {
    this.#options = { burst: 25, refillPerSecond: 1 / 300, maxSimilar: 10, maxTracked: 4096, ...options };
  }

  /** Undefined where the object has used up its events. */
  correlate(about: KubernetesObject, event: RecordedEvent, nowMs: number): CorrelatedEvent | undefined {
    const { namespace, name, uid } = about.metadata;
    const source = [event.component, event.host, about.kind, namespace, name, uid, about.apiVersion].join('\u0000');
    const group = [source, event.fieldPath, event.type, event.reason].join('\u0000');
    const isCombined = this.#isOneOfTooMany(group, event.message, nowMs);
    // Kubernetes has one bucket for both types: there, a warning that comes again and again hides what is then done.
    if (!this.#bucketOf(`${source}\u0000${event.type}`, nowMs).tryTake(nowMs)) return undefined;
    return isCombined
      ? { key: group, message: `(combined from similar events): ${event.message}` }
      : { key: `${group}\u0000${event.message}`, message: event.message };
  }

  #isOneOfTooMany(group: string, message: string, nowMs: number): boolean {
    const { maxSimilar, maxTracked } = this.#options;
    let similar = this.#similar.get(group);
    if (!similar || nowMs - similar.lastSeenMs > similarWindowMs) similar = { messages: new Set(), lastSeenMs: nowMs };
    similar.lastSeenMs = nowMs;
    if (similar.messages.size < maxSimilar) similar.messages.add(message);
    remember(this.#similar, group, similar, maxTracked);
    return similar.messages.size >= maxSimilar && !similar.messages.has(message);
  }

  #bucketOf(source: string, nowMs: number): TokenBucket {
    const { burst, refillPerSecond, maxTracked } = this.#options;
    const bucket = this.#buckets.get(source) ?? new TokenBucket({ burst, perSecond: refillPerSecond, nowMs });
    remember(this.#buckets, source, bucket, maxTracked);
    return bucket;
  }
}

/** Sets the entry as the most recently used one and drops the least recently used beyond `max`. */
export function remember<V>(map: Map<string, V>, key: string, value: V, max: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= max) return;
  const oldest = map.keys().next();
  if (!oldest.done) map.delete(oldest.value);
}

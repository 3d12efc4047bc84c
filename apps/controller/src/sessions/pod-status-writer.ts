import { isApiError, objectKey, type Pod, type PodStatus } from '@gantry/api-types';
import type { PodReference } from '@gantry/api-types/protocol';
import type { ApiClient, Clock, Informer, Logger } from '@gantry/core';

export interface PodStatusWriterOptions {
  readonly client: ApiClient;
  readonly pods: Informer<Pod>;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface PendingStatus {
  readonly nodeName: string;
  readonly pod: PodReference;
  readonly status: PodStatus;
}

const maxInFlight = 32;
const maxAttempts = 10;
/** After a write that failed for a reason of ours (storage, overload): an agent reports a status once a session only. */
const retryMs = 2_000;

/**
 * Writes what agents report about their pods. The newest report of a pod wins; a report for a pod that is gone, was
 * replaced by another of its name, or belongs to another node is dropped. Conditions the agent does not report
 * (PodScheduled, DisruptionTarget) stay as they are: each has its own writer.
 */
export class PodStatusWriter {
  readonly #options: PodStatusWriterOptions;
  readonly #pending = new Map<string, PendingStatus>();
  readonly #writing = new Map<string, Promise<void>>();
  /** Failed writes that wait for their next attempt, by pod uid, with how to call it off. */
  readonly #retries = new Map<string, () => void>();
  #isStopped = false;

  constructor(options: PodStatusWriterOptions) {
    this.#options = options;
  }

  report(nodeName: string, pod: PodReference, status: PodStatus): void {
    if (this.#isStopped) return;
    this.#retries.get(pod.uid)?.();
    this.#retries.delete(pod.uid);
    this.#pending.set(pod.uid, { nodeName, pod, status });
    this.#startNext();
  }

  /** Drops what waits (agents report all of it again to the next controller) and waits for what is being written. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#pending.clear();
    for (const cancel of this.#retries.values()) cancel();
    this.#retries.clear();
    await Promise.all(this.#writing.values());
  }

  #startNext(): void {
    for (const [uid, item] of this.#pending) {
      if (this.#writing.size >= maxInFlight) return;
      // A pod's writes go one after another, or an older status could land last.
      if (this.#writing.has(uid)) continue;
      this.#pending.delete(uid);
      const write = this.#write(item).finally(() => {
        this.#writing.delete(uid);
        this.#startNext();
      });
      this.#writing.set(uid, write);
    }
  }

  async #write(item: PendingStatus): Promise<void> {
    const { client, pods, logger } = this.#options;
    const key = objectKey(item.pod.namespace, item.pod.name);
    let failure: unknown;
    for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
      const pod = pods.lister.get(key);
      if (!pod || pod.metadata.uid !== item.pod.uid || pod.spec.nodeName !== item.nodeName) return;
      try {
        await client.updateStatus('pods', { ...pod, status: mergePodStatus(pod.status, item.status) });
        return;
      } catch (error) {
        if (isApiError(error, 'NotFound')) return;
        failure = error;
        if (!isApiError(error, 'Conflict')) break;
      }
    }
    const willRetry = isApiError(
      failure,
      'Conflict',
      'TooManyRequests',
      'InternalError',
      'ServiceUnavailable',
      'Timeout',
    );
    logger.error({ pod: key, node: item.nodeName, err: failure, willRetry }, 'pod status could not be written');
    if (willRetry) this.#retryLater(item);
  }

  #retryLater(item: PendingStatus): void {
    const { uid } = item.pod;
    // A newer report is written instead.
    if (this.#isStopped || this.#pending.has(uid)) return;
    const cancel = this.#options.clock.setTimer(() => {
      this.#retries.delete(uid);
      this.report(item.nodeName, item.pod, item.status);
    }, retryMs);
    this.#retries.set(uid, cancel);
  }
}

/** The reported status with the conditions that other writers own carried over. Pure. */
export function mergePodStatus(present: PodStatus, reported: PodStatus): PodStatus {
  const reportedTypes = new Set(reported.conditions?.map((condition) => condition.type));
  const kept = (present.conditions ?? []).filter((condition) => !reportedTypes.has(condition.type));
  const conditions = [...(reported.conditions ?? []), ...kept];
  return { ...reported, ...(conditions.length > 0 ? { conditions } : {}) };
}

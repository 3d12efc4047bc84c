import { isApiError, objectKey, type Pod, type PodStatus } from '@gantry/api-types';
import type { PodReference } from '@gantry/api-types/protocol';
import type { ApiClient, Informer, Logger } from '@gantry/core';

export interface PodStatusWriterOptions {
  readonly client: ApiClient;
  readonly pods: Informer<Pod>;
  readonly logger: Logger;
}

interface PendingStatus {
  readonly nodeName: string;
  readonly pod: PodReference;
  readonly status: PodStatus;
}

const maxInFlight = 32;
const maxAttempts = 10;

/**
 * Writes what agents report about their pods. The newest report of a pod wins; a report for a pod that is gone, was
 * replaced by another of its name, or belongs to another node is dropped. Conditions the agent does not report
 * (PodScheduled, DisruptionTarget) stay as they are: each has its own writer.
 */
export class PodStatusWriter {
  readonly #options: PodStatusWriterOptions;
  readonly #pending = new Map<string, PendingStatus>();
  readonly #writing = new Set<string>();

  constructor(options: PodStatusWriterOptions) {
    this.#options = options;
  }

  report(nodeName: string, pod: PodReference, status: PodStatus): void {
    this.#pending.set(pod.uid, { nodeName, pod, status });
    this.#startNext();
  }

  #startNext(): void {
    for (const [uid, item] of this.#pending) {
      if (this.#writing.size >= maxInFlight) return;
      // A pod's writes go one after another, or an older status could land last.
      if (this.#writing.has(uid)) continue;
      this.#pending.delete(uid);
      this.#writing.add(uid);
      void this.#write(item).finally(() => {
        this.#writing.delete(uid);
        this.#startNext();
      });
    }
  }

  async #write(item: PendingStatus): Promise<void> {
    const { client, pods, logger } = this.#options;
    const key = objectKey(item.pod.namespace, item.pod.name);
    for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
      const pod = pods.lister.get(key);
      if (!pod || pod.metadata.uid !== item.pod.uid || pod.spec.nodeName !== item.nodeName) return;
      try {
        await client.updateStatus('pods', { ...pod, status: mergePodStatus(pod.status, item.status) });
        return;
      } catch (error) {
        if (isApiError(error, 'NotFound')) return;
        if (isApiError(error, 'Conflict')) continue;
        logger.error({ pod: key, node: item.nodeName, err: error }, 'pod status could not be written');
        return;
      }
    }
    logger.warn(
      { pod: key, node: item.nodeName, attempts: maxAttempts },
      'pod status kept conflicting, waiting for the next report',
    );
  }
}

/** The reported status with the conditions that other writers own carried over. Pure. */
export function mergePodStatus(present: PodStatus, reported: PodStatus): PodStatus {
  const reportedTypes = new Set(reported.conditions?.map((condition) => condition.type));
  const kept = (present.conditions ?? []).filter((condition) => !reportedTypes.has(condition.type));
  const conditions = [...(reported.conditions ?? []), ...kept];
  return { ...reported, ...(conditions.length > 0 ? { conditions } : {}) };
}

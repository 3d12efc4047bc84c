import { isApiError, type Lease } from '@gantry/api-types';
import type { ApiClient, Clock, InformerSource, Logger } from '@gantry/core';

export interface LeaseWriterOptions {
  readonly client: ApiClient;
  readonly informers: InformerSource;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly connectedNodes: () => readonly string[];
}

const namespace = 'kube-node-lease';
const renewEveryMs = 10_000;
const leaseDurationSeconds = 40;

/**
 * Persists that agents live: heartbeats stay in memory, and each connected node's Lease is renewed about every ten
 * seconds, all in one burst so that the store commits them together.
 */
export class LeaseWriter {
  readonly #options: LeaseWriterOptions;
  #cancel: () => void;
  #isStopped = false;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(options: LeaseWriterOptions) {
    this.#options = options;
    this.#cancel = options.clock.setTimer(() => this.#renewAll(), renewEveryMs);
  }

  /** A node has just connected: its Lease should exist before the next round. */
  renewSoon(nodeName: string): void {
    if (this.#isStopped) return;
    this.#writing = Promise.all([this.#writing, this.#renew(nodeName)]);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#writing;
  }

  #renewAll(): void {
    const round = this.#options.connectedNodes().map((name) => this.#renew(name));
    this.#writing = Promise.all([this.#writing, ...round]).finally(() => {
      if (!this.#isStopped) this.#cancel = this.#options.clock.setTimer(() => this.#renewAll(), renewEveryMs);
    });
  }

  async #renew(nodeName: string): Promise<void> {
    const { client, informers, clock, logger } = this.#options;
    const renewTime = `${new Date(clock.now()).toISOString().slice(0, -1)}000Z`;
    const present = informers.informer('leases.coordination.k8s.io').lister.get(`${namespace}/${nodeName}`);
    try {
      if (present) {
        const spec: Lease['spec'] = { ...present.spec, holderIdentity: nodeName, leaseDurationSeconds, renewTime };
        await client.update('leases.coordination.k8s.io', { ...present, spec });
        return;
      }
      const owner = informers.informer('nodes').lister.get(nodeName);
      await client.create('leases.coordination.k8s.io', {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: {
          name: nodeName,
          namespace,
          ...(owner
            ? { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid: owner.metadata.uid }] }
            : {}),
        },
        spec: { holderIdentity: nodeName, leaseDurationSeconds, renewTime, acquireTime: renewTime },
      });
    } catch (error) {
      // Somebody else wrote or removed it in between: the next round renews.
      if (isApiError(error, 'Conflict', 'AlreadyExists', 'NotFound')) return;
      logger.warn({ err: error, node: nodeName }, 'node lease could not be renewed');
    }
  }
}

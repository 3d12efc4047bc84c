import { isApiError, type KubernetesObject, type NewObject, type ObjectKey, type Pod } from '@gantry/api-types';
import { Expectations } from '@gantry/core/reconcile/expectations';
import { slowStartBatches } from '@gantry/core/reconcile/slow-start';
import { type ControllerServices, isNamespaceTerminating } from './controller.ts';
import { forEachParallel } from './parallel.ts';

/** Creates and deletes under way at once: enough to fill the store's group commits. */
const maxInFlight = 64;

/**
 * Makes and deletes pods for the controller named `component`: events on the owner, and expectations kept in step with
 * what was asked for. While they are not met the owner's pods must not be counted.
 */
export class PodControl {
  readonly expectations = new Expectations();
  readonly #services: ControllerServices;
  readonly #component: string;

  constructor(services: ControllerServices, component: string) {
    this.#services = services;
    this.#component = component;
  }

  /** Whether the cache shows everything that was asked for. */
  isUpToDate(key: ObjectKey): boolean {
    return this.expectations.areMet(key, this.#services.clock.now());
  }

  /**
   * Creates the pods, a few first: where these are refused the others are not tried. Resolves to the first error,
   * undefined where there is none or the namespace is going away.
   */
  async create(key: ObjectKey, owner: KubernetesObject, pods: readonly NewObject<Pod>[]): Promise<unknown> {
    const count = pods.length;
    this.expectations.expectCreations(key, count, this.#services.clock.now());
    let tried = 0;
    for (const size of slowStartBatches(count, maxInFlight)) {
      const batch = pods.slice(tried, tried + size);
      tried += size;
      const errors = await forEachParallel(batch, maxInFlight, (pod) => this.#createOne(key, owner, pod));
      if (errors.length === 0) continue;
      this.expectations.creationObserved(key, count - tried);
      // A namespace that is going away takes the owner with it: nothing to report, nothing to try again.
      return errors.find((error) => !isNamespaceTerminating(error));
    }
    return undefined;
  }

  /** Deletes the pods; one that is gone already is what was wanted. Resolves to the first error. */
  async delete(key: ObjectKey, owner: KubernetesObject, pods: readonly Pod[]): Promise<unknown> {
    const uids = pods.map((pod) => pod.metadata.uid);
    this.expectations.expectDeletions(key, uids, this.#services.clock.now());
    const errors = await forEachParallel(pods, maxInFlight, async (pod) => {
      const { namespace, name, uid } = pod.metadata;
      try {
        await this.#services.client.delete('pods', namespace, name, { preconditions: { uid } });
        this.#record(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
      } catch (error) {
        this.expectations.deletionObserved(key, uid);
        if (isApiError(error, 'NotFound')) return;
        this.#record(owner, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`);
        throw error;
      }
    });
    return errors[0];
  }

  async #createOne(key: ObjectKey, owner: KubernetesObject, pod: NewObject<Pod>): Promise<void> {
    try {
      const created = await this.#services.client.create('pods', pod);
      this.#record(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`);
    } catch (error) {
      this.expectations.creationObserved(key);
      if (!isNamespaceTerminating(error)) {
        this.#record(owner, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
      }
      throw error;
    }
  }

  #record(about: KubernetesObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#services.events.record(about, { type, reason, message, component: this.#component });
  }
}

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

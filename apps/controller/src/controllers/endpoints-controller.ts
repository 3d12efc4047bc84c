import { type EndpointSlice, type Endpoints, isApiError, keyOf, type ObjectKey, type Service } from '@gantry/api-types';
import type { Informer } from '@gantry/core';
import { isManagedEndpoints, planServiceEndpoints } from '@gantry/core/reconcile/service-endpoints';
import {
  type ControllerDefinition,
  type ControllerServices,
  isNamespaceTerminating,
  type KeyQueue,
  type ReconcileResult,
} from './controller.ts';
import { ownedService, selectorOf } from './service-slices.ts';

/** Slices are what traffic goes by; nobody waits for these, so that a rolling update costs few writes of the whole. */
const batchMs = 250;

/** Keeps the `v1` Endpoints of each Service that has a selector, from its EndpointSlices. */
export class EndpointsController implements ControllerDefinition {
  readonly name = 'endpoints-controller';
  readonly workers = 4;
  readonly #services: ControllerServices;
  readonly #serviceInformer: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #endpoints: Informer<Endpoints>;

  constructor(services: ControllerServices) {
    this.#services = services;
    this.#serviceInformer = services.informers.informer('services');
    this.#slices = services.informers.informer('endpointslices.discovery.k8s.io');
    this.#endpoints = services.informers.informer('endpoints');
  }

  watch(queue: KeyQueue): readonly (() => void)[] {
    return [
      this.#serviceInformer.onEvent(({ object }) => queue.addAfter(keyOf(object), batchMs)),
      this.#slices.onEvent(({ object }) => {
        const service = ownedService(object);
        if (service) queue.addAfter(service, batchMs);
      }),
      this.#endpoints.onEvent(({ object }) => {
        // Those that a user wrote before their Service, or without any, are not ours to look at.
        const key = keyOf(object);
        if (isManagedEndpoints(object) || this.#serviceInformer.lister.get(key)) queue.addAfter(key, batchMs);
      }),
    ];
  }

  /** Only keys of Services, present or gone, get here, and of what we made. */
  async reconcile(key: ObjectKey): Promise<ReconcileResult | undefined> {
    const service = this.#serviceInformer.lister.get(key);
    const present = this.#endpoints.lister.get(key);
    if (!service) {
      if (present) await this.#delete(present);
      return undefined;
    }
    // Without a selector they are the user's to write.
    if (!selectorOf(service) || service.metadata.deletionTimestamp !== undefined) return undefined;
    const slices = this.#slices.lister.listByOwner(service.metadata.uid).filter((slice) => ownedService(slice) === key);
    const plan = planServiceEndpoints({ service, slices, present });
    const { client } = this.#services;
    try {
      if (plan.action === 'create') await client.create('endpoints', plan.object);
      if (plan.action === 'update') await client.update('endpoints', plan.object);
    } catch (error) {
      if (!isNamespaceTerminating(error)) throw error;
    }
    return undefined;
  }

  async #delete({ metadata }: Endpoints): Promise<void> {
    if (metadata.deletionTimestamp !== undefined) return;
    const preconditions = { uid: metadata.uid };
    try {
      await this.#services.client.delete('endpoints', metadata.namespace, metadata.name, { preconditions });
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
    }
  }
}

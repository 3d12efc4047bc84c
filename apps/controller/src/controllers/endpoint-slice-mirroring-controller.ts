import { type EndpointSlice, type Endpoints, keyOf, type ObjectKey, type Service } from '@gantry/api-types';
import type { Informer } from '@gantry/core';
import { mirroringManager, planMirroredSlices } from '@gantry/core/reconcile/mirrored-slices';
import { isManagedEndpoints } from '@gantry/core/reconcile/service-endpoints';
import type { ControllerDefinition, ControllerServices, KeyQueue, ReconcileResult } from './controller.ts';
import { applySlices, ownedService } from './service-slices.ts';

/** Changes of Endpoints and their Service within this time become one write. */
const batchMs = 10;

/** Makes EndpointSlices, by which traffic goes, of Endpoints that a user wrote for a Service without a selector. */
export class EndpointSliceMirroringController implements ControllerDefinition {
  readonly name = 'endpointslice-mirroring-controller';
  readonly workers = 2;
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
      this.#endpoints.onEvent(({ object, previous }) => {
        const isOfPods = isManagedEndpoints(object) && (!previous || isManagedEndpoints(previous));
        if (!isOfPods) queue.addAfter(keyOf(object), batchMs);
      }),
      this.#serviceInformer.onEvent(({ object }) => {
        const endpoints = this.#endpoints.lister.get(keyOf(object));
        if (endpoints && !isManagedEndpoints(endpoints)) queue.addAfter(keyOf(object), batchMs);
      }),
      this.#slices.onEvent(({ type, object }) => {
        const key = ownedService(object, mirroringManager);
        if (key && type !== 'added') queue.addAfter(key, batchMs);
      }),
    ];
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult | undefined> {
    const endpoints = this.#endpoints.lister.get(key);
    // The garbage collector removes the slices of Endpoints that are gone.
    if (!endpoints) return undefined;
    const slices = this.#slices.lister
      .listByOwner(endpoints.metadata.uid)
      .filter((slice) => ownedService(slice, mirroringManager) === key);
    const plan = planMirroredSlices({ endpoints, service: this.#serviceInformer.lister.get(key), slices });
    await applySlices(this.#services.client, plan);
    return undefined;
  }
}

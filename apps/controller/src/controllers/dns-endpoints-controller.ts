import { type EndpointSlice, type Endpoints, keyOf, type Node, objectKey, type Service } from '@gantry/api-types';
import type { Informer } from '@gantry/core';
import { dnsSliceManager } from '@gantry/core/network/services/service-objects';
import { dnsFactsOf, planDnsSlices } from '@gantry/core/reconcile/dns-slices';
import { planServiceEndpoints } from '@gantry/core/reconcile/service-endpoints';
import type { ControllerDefinition, ControllerServices, KeyQueue, ReconcileResult } from './controller.ts';
import { applySlices, ownedService, selectorOf } from './service-slices.ts';

/** Nobody waits for these, and nodes come and change their readiness together. */
const batchMs = 1_000;
const dnsKey = objectKey('kube-system', 'kube-dns');

/** Publishes who answers as cluster DNS: the nodes. */
export class DnsEndpointsController implements ControllerDefinition {
  readonly name = 'dns-endpoints-controller';
  readonly workers = 1;
  readonly #services: ControllerServices;
  readonly #serviceInformer: Informer<Service>;
  readonly #nodes: Informer<Node>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #endpoints: Informer<Endpoints>;

  constructor(services: ControllerServices) {
    this.#services = services;
    this.#serviceInformer = services.informers.informer('services');
    this.#nodes = services.informers.informer('nodes');
    this.#slices = services.informers.informer('endpointslices.discovery.k8s.io');
    this.#endpoints = services.informers.informer('endpoints');
  }

  watch(queue: KeyQueue): readonly (() => void)[] {
    return [
      this.#serviceInformer.onEvent(({ object }) => {
        if (keyOf(object) === dnsKey) queue.addAfter(dnsKey, batchMs);
      }),
      this.#nodes.onEvent(({ type, object, previous }) => {
        if (type === 'deleted' || dnsFactsOf(object) !== dnsFactsOf(previous)) queue.addAfter(dnsKey, batchMs);
      }),
      this.#slices.onEvent(({ object }) => {
        if (ownedService(object, dnsSliceManager) === dnsKey) queue.addAfter(dnsKey, batchMs);
      }),
      this.#endpoints.onEvent(({ type, object }) => {
        if (keyOf(object) === dnsKey && type !== 'added') queue.addAfter(dnsKey, batchMs);
      }),
    ];
  }

  async reconcile(): Promise<ReconcileResult | undefined> {
    const { client } = this.#services;
    const service = this.#serviceInformer.lister.get(dnsKey);
    if (!service || service.metadata.deletionTimestamp !== undefined) return undefined;
    const slices = this.#slices.lister
      .listByOwner(service.metadata.uid)
      .filter((slice) => ownedService(slice, dnsSliceManager) === dnsKey);
    await applySlices(client, planDnsSlices({ service, nodes: this.#nodes.lister.list(), slices }));
    // Of a Service with a selector they are another controller's.
    if (selectorOf(service)) return undefined;
    const plan = planServiceEndpoints({ service, slices, present: this.#endpoints.lister.get(dnsKey) });
    if (plan.action === 'create') await client.create('endpoints', plan.object);
    if (plan.action === 'update') await client.update('endpoints', plan.object);
    return undefined;
  }
}

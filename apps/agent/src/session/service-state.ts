import { type EndpointSlice, keyOf, type ObjectKey, objectKey, type Service } from '@gantry/api-types';
import { serviceNameLabel } from '@gantry/core/network/services/service-objects';

/** The Services of the cluster and their EndpointSlices, as last told. Read by data path, DNS and service variables. */
export interface ServiceSource {
  /** By `namespace/name`. */
  services(): ReadonlyMap<ObjectKey, Service>;
  slicesOf(serviceKey: ObjectKey): readonly EndpointSlice[];
  /** True once all of them were received in this process's life. */
  readonly hasSynced: boolean;
  /** Called with the key of a Service that changed, appeared or went, or whose slices did. Returns what ends it. */
  onChange(handler: (serviceKey: ObjectKey) => void): () => void;
  /** Called each time all of them have been received. */
  onSynced(handler: () => void): () => void;
}

type ServiceResource = 'services' | 'endpointslices';

/** Holds what the controller sends; survives reconnects and outlasts a controller that is away. */
export class ServiceState implements ServiceSource {
  readonly #services = new Map<ObjectKey, Service>();
  readonly #slices = new Map<ObjectKey, EndpointSlice>();
  readonly #slicesByService = new Map<ObjectKey, Map<ObjectKey, EndpointSlice>>();
  readonly #handlers = new Set<(serviceKey: ObjectKey) => void>();
  readonly #syncHandlers = new Set<() => void>();
  #hasSynced = false;
  #arriving: { services: Set<ObjectKey>; slices: Set<ObjectKey> } | undefined;

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  services(): ReadonlyMap<ObjectKey, Service> {
    return this.#services;
  }

  slicesOf(serviceKey: ObjectKey): readonly EndpointSlice[] {
    return [...(this.#slicesByService.get(serviceKey)?.values() ?? [])];
  }

  onChange(handler: (serviceKey: ObjectKey) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  onSynced(handler: () => void): () => void {
    this.#syncHandlers.add(handler);
    return () => this.#syncHandlers.delete(handler);
  }

  startSync(): void {
    this.#arriving = { services: new Set(), slices: new Set() };
  }

  /** Everything was received: what was not named is gone. */
  finishSync(): void {
    const arrived = this.#arriving;
    this.#arriving = undefined;
    if (!arrived) return;
    for (const key of [...this.#services.keys()]) if (!arrived.services.has(key)) this.remove('services', key);
    for (const key of [...this.#slices.keys()]) if (!arrived.slices.has(key)) this.remove('endpointslices', key);
    this.#hasSynced = true;
    for (const handler of this.#syncHandlers) handler();
  }

  setService(service: Service): void {
    const key = keyOf(service);
    this.#arriving?.services.add(key);
    const isKnown = this.#services.get(key)?.metadata.resourceVersion === service.metadata.resourceVersion;
    this.#services.set(key, service);
    if (!isKnown) this.#changed(key);
  }

  setSlice(slice: EndpointSlice): void {
    const key = keyOf(slice);
    this.#arriving?.slices.add(key);
    const before = this.#slices.get(key);
    this.#slices.set(key, slice);
    const [was, is] = [before && serviceOf(before), serviceOf(slice)];
    if (was !== undefined && was !== is) this.#unlink(was, key);
    const slices = this.#slicesByService.get(is) ?? new Map<ObjectKey, EndpointSlice>();
    this.#slicesByService.set(is, slices.set(key, slice));
    if (was !== is || before?.metadata.resourceVersion !== slice.metadata.resourceVersion) this.#changed(is);
  }

  remove(resource: ServiceResource, key: ObjectKey): void {
    if (resource === 'services') {
      if (this.#services.delete(key)) this.#changed(key);
      return;
    }
    const slice = this.#slices.get(key);
    this.#slices.delete(key);
    if (slice) this.#unlink(serviceOf(slice), key);
  }

  #unlink(serviceKey: ObjectKey, sliceKey: ObjectKey): void {
    const slices = this.#slicesByService.get(serviceKey);
    slices?.delete(sliceKey);
    if (slices?.size === 0) this.#slicesByService.delete(serviceKey);
    this.#changed(serviceKey);
  }

  #changed(serviceKey: ObjectKey): void {
    for (const handler of this.#handlers) handler(serviceKey);
  }
}

function serviceOf(slice: EndpointSlice): ObjectKey {
  return objectKey(slice.metadata.namespace, slice.metadata.labels?.[serviceNameLabel] ?? '');
}

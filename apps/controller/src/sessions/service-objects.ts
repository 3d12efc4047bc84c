import { type EndpointSlice, keyOf, type Service } from '@gantry/api-types';
import type { NodeObjectChange } from '@gantry/api-types/protocol';
import type { InformerSource } from '@gantry/core';
import { isSameForNodes, trimEndpointSlice, trimService } from '@gantry/core/network/services/service-objects';

type Sink = (changes: readonly NodeObjectChange[]) => void;
type Resource = 'services' | 'endpointslices';
type Upsert = Extract<NodeObjectChange, { object: unknown }>;

/**
 * What every node is sent: all Services and EndpointSlices, cut down to what a node needs of them. The same change goes
 * to all nodes as the same object, and {@link textOf} writes it once.
 */
export class ServiceObjects {
  /** `services/ns/name` -> the change that makes it known. */
  readonly #present = new Map<string, Upsert>();
  readonly #sinks = new Set<Sink>();
  readonly #texts = new WeakMap<NodeObjectChange, string>();
  readonly #stops: (() => void)[];

  constructor(informers: InformerSource) {
    const services = informers.informer('services');
    const slices = informers.informer('endpointslices.discovery.k8s.io');
    for (const service of services.lister.list()) this.#onService(service);
    for (const slice of slices.lister.list()) this.#onSlice(slice);
    this.#stops = [
      services.onEvent(({ type, object }) =>
        type === 'deleted' ? this.#remove('services', keyOf(object)) : this.#onService(object),
      ),
      slices.onEvent(({ type, object }) =>
        type === 'deleted' ? this.#remove('endpointslices', keyOf(object)) : this.#onSlice(object),
      ),
    ];
  }

  /** Sends everything (synchronously), then every change, until the returned function is called. */
  subscribe(sink: Sink): () => void {
    sink([...this.#present.values()]);
    this.#sinks.add(sink);
    return () => this.#sinks.delete(sink);
  }

  /** The change as JSON; written once for those that all nodes are sent. */
  textOf(change: NodeObjectChange): string {
    if (change.resource !== 'services' && change.resource !== 'endpointslices') return JSON.stringify(change);
    const known = this.#texts.get(change);
    if (known !== undefined) return known;
    const text = JSON.stringify(change);
    this.#texts.set(change, text);
    return text;
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    this.#sinks.clear();
  }

  #onService(service: Service): void {
    this.#upsert({ resource: 'services', object: trimService(service) });
  }

  #onSlice(slice: EndpointSlice): void {
    const object = trimEndpointSlice(slice);
    if (object) this.#upsert({ resource: 'endpointslices', object });
    else this.#remove('endpointslices', keyOf(slice));
  }

  #upsert(change: Extract<Upsert, { resource: Resource }>): void {
    const id = `${change.resource}/${keyOf(change.object)}`;
    const known = this.#present.get(id);
    const before = known?.object as Service | EndpointSlice | undefined;
    if (isSameForNodes(before, change.object)) return;
    this.#present.set(id, change);
    for (const sink of this.#sinks) sink([change]);
  }

  #remove(resource: Resource, key: string): void {
    if (!this.#present.delete(`${resource}/${key}`)) return;
    const change: NodeObjectChange = { resource, deletedKey: key };
    for (const sink of this.#sinks) sink([change]);
  }
}

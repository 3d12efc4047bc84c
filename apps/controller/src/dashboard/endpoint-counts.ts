import type { EndpointSlice, FeedEndpointCounts, ObjectKey } from '@gantry/api-types';
import { keyOf } from '@gantry/api-types';
import type { InformerSource } from '@gantry/core';

const serviceLabel = 'kubernetes.io/service-name';

/** How many endpoints each Service has, kept up to date from its EndpointSlices. */
export class EndpointCounts {
  readonly #slices = new Map<ObjectKey, Map<ObjectKey, FeedEndpointCounts>>();
  readonly #stop: () => void;

  /** `onChange` is called with a Service's key when its counts may have changed. */
  constructor(source: InformerSource, onChange: (service: ObjectKey) => void) {
    this.#stop = source.informer('endpointslices.discovery.k8s.io').onEvent(({ type, object }) => {
      const name = object.metadata.labels?.[serviceLabel];
      if (!name) return;
      const service = `${object.metadata.namespace}/${name}`;
      this.#set(service, keyOf(object), type === 'deleted' ? undefined : countEndpoints(object));
      onChange(service);
    });
  }

  of(service: ObjectKey): FeedEndpointCounts | undefined {
    const slices = this.#slices.get(service);
    if (!slices) return undefined;
    let [ready, notReady, terminating] = [0, 0, 0];
    for (const counts of slices.values()) {
      ready += counts.ready;
      notReady += counts.notReady;
      terminating += counts.terminating;
    }
    return { ready, notReady, terminating };
  }

  stop(): void {
    this.#stop();
  }

  #set(service: ObjectKey, slice: ObjectKey, counts: FeedEndpointCounts | undefined): void {
    const slices = this.#slices.get(service) ?? new Map<ObjectKey, FeedEndpointCounts>();
    if (counts) slices.set(slice, counts);
    else slices.delete(slice);
    if (slices.size > 0) this.#slices.set(service, slices);
    else this.#slices.delete(service);
  }
}

function countEndpoints(slice: EndpointSlice): FeedEndpointCounts {
  let [ready, notReady, terminating] = [0, 0, 0];
  for (const { conditions } of slice.endpoints) {
    if (conditions?.terminating) terminating++;
    // An unset condition counts as ready, says the API.
    else if (conditions?.ready ?? true) ready++;
    else notReady++;
  }
  return { ready, notReady, terminating };
}

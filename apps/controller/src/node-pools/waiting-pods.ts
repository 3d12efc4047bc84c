import { keyOf, type ObjectKey, type Pod } from '@gantry/api-types';
import type { InformerEvent, Lister } from '@gantry/core';
import { isPodActive } from '@gantry/core/reconcile/pod-state';

const maxImages = 32;

/** The pods that have no node and want one. */
export class WaitingPods {
  readonly #lister: Lister<Pod>;
  readonly #keys = new Set<ObjectKey>();

  constructor(lister: Lister<Pod>) {
    this.#lister = lister;
  }

  get size(): number {
    return this.#keys.size;
  }

  /** True where a pod begins to wait, ends it, or was told something new about it. */
  observe({ type, object, previous }: InformerEvent<Pod>): boolean {
    const key = keyOf(object);
    const isWaiting = type !== 'deleted' && waits(object);
    const wasWaiting = this.#keys.has(key);
    if (isWaiting) this.#keys.add(key);
    else this.#keys.delete(key);
    if (isWaiting !== wasWaiting) return true;
    return isWaiting && scheduled(previous) !== scheduled(object);
  }

  /** What they run, without repetition. */
  images(): readonly string[] {
    const images = new Set<string>();
    for (const key of this.#keys) {
      const { spec } = this.#lister.get(key) ?? {};
      for (const { image } of [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]) {
        if (image) images.add(image);
        if (images.size >= maxImages) return [...images];
      }
    }
    return [...images];
  }
}

function waits(pod: Pod): boolean {
  return !pod.spec.nodeName && !pod.spec.schedulingGates?.length && isPodActive(pod);
}

function scheduled(pod: Pod | undefined): string | undefined {
  return pod?.status.conditions?.find(({ type }) => type === 'PodScheduled')?.status;
}

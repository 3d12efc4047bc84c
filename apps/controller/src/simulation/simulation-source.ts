import type { ResourceName } from '@gantry/api-types';
import type { ClusterSnapshot, InformerSource } from '@gantry/core';
import type { SimulationSource } from '@gantry/core/simulation/source';

/** The present state as simulations read it; undefined while the scheduler has not started. */
export type ReadSource = () => SimulationSource | undefined;

/** Joins the scheduler's snapshot, which starts after the API server, and the caches. */
export function createReadSource(
  scheduler: () => { readonly snapshot: ClusterSnapshot } | undefined,
  informers: InformerSource,
): ReadSource {
  const lister = <R extends ResourceName>(resource: R) => informers.informer(resource).lister;
  return () => {
    const snapshot = scheduler()?.snapshot;
    return snapshot && { snapshot, lister };
  };
}

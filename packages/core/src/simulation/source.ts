import type { ResourceName, ResourceTypes } from '@gantry/api-types';
import type { Lister } from '../informer/informer.ts';
import type { ClusterSnapshot } from '../scheduler/snapshot.ts';

/** The real state that a simulation starts from. It is read, never changed. */
export interface SimulationSource {
  /** The scheduler's own; a simulation works on a clone. */
  readonly snapshot: ClusterSnapshot;
  readonly lister: <R extends ResourceName>(resource: R) => Lister<ResourceTypes[R]>;
}

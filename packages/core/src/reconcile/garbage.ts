import type { KubernetesObject, OwnerReference } from '@gantry/api-types';

export const foregroundFinalizer = 'foregroundDeletion';
export const orphanFinalizer = 'orphan';

/** What became of an owner: `waiting` is being deleted and waits for its dependents to go first. */
export type OwnerState = 'present' | 'absent' | 'waiting';

export interface GarbageObservation {
  readonly object: KubernetesObject;
  /** By reference, verified: an owner of the same name but another uid is absent. */
  readonly ownerState: (reference: OwnerReference) => OwnerState;
  /** Everything with an owner reference to the object. */
  readonly dependents: readonly KubernetesObject[];
}

/** What the garbage collector does next about one object. */
export type GarbagePlan =
  | { readonly type: 'keep' }
  | { readonly type: 'delete'; readonly propagationPolicy: 'Background' | 'Foreground' | 'Orphan' }
  /** Replace the owner references: some owners are gone, others are not. */
  | { readonly type: 'setOwners'; readonly ownerReferences: readonly OwnerReference[] }
  /** The owner goes before its dependents: they forget it, then the finalizer is removed. */
  | { readonly type: 'orphanDependents'; readonly dependents: readonly KubernetesObject[] }
  /** Foreground deletion: look at each dependent; the last one to go brings the owner back here. */
  | { readonly type: 'awaitDependents'; readonly dependents: readonly KubernetesObject[] }
  | { readonly type: 'removeFinalizer'; readonly finalizer: string };

/** True for an object that is being deleted and waits for its dependents to be deleted first. */
export function isAwaitingDependents(object: KubernetesObject): boolean {
  return object.metadata.deletionTimestamp !== undefined && hasFinalizer(object, foregroundFinalizer);
}

/** True for an object that is being deleted and whose dependents are to be kept. */
export function isOrphaningDependents(object: KubernetesObject): boolean {
  return object.metadata.deletionTimestamp !== undefined && hasFinalizer(object, orphanFinalizer);
}

/** Garbage collection by owner references, one step for one object. Pure. */
export function planGarbage(observation: GarbageObservation): GarbagePlan {
  const { object, dependents } = observation;
  if (isOrphaningDependents(object)) {
    return dependents.length > 0
      ? { type: 'orphanDependents', dependents }
      : { type: 'removeFinalizer', finalizer: orphanFinalizer };
  }
  if (isAwaitingDependents(object)) {
    const isBlocked = dependents.some((dependent) => blocks(dependent, object.metadata.uid));
    return isBlocked
      ? { type: 'awaitDependents', dependents }
      : { type: 'removeFinalizer', finalizer: foregroundFinalizer };
  }
  if (object.metadata.deletionTimestamp !== undefined) return { type: 'keep' };
  return planForOwners(observation);
}

function planForOwners({ object, ownerState, dependents }: GarbageObservation): GarbagePlan {
  const references = object.metadata.ownerReferences ?? [];
  if (references.length === 0) return { type: 'keep' };
  const states = references.map((reference) => ({ reference, state: ownerState(reference) }));
  const present = states.filter(({ state }) => state === 'present').map(({ reference }) => reference);
  if (present.length === references.length) return { type: 'keep' };
  if (present.length > 0) return { type: 'setOwners', ownerReferences: present };
  if (states.some(({ state }) => state === 'waiting') && dependents.length > 0) {
    const isCycle = dependents.some(isAwaitingDependents);
    const isBlocking = references.some((reference) => reference.blockOwnerDeletion === true);
    if (isCycle && isBlocking) {
      // Owners and dependents that wait for each other would wait forever.
      const ownerReferences = references.map((reference) => ({ ...reference, blockOwnerDeletion: false }));
      return { type: 'setOwners', ownerReferences };
    }
    return { type: 'delete', propagationPolicy: 'Foreground' };
  }
  return { type: 'delete', propagationPolicy: ownPolicy(object) };
}

/** An object may carry its own wish for how it goes. */
function ownPolicy(object: KubernetesObject): 'Background' | 'Foreground' | 'Orphan' {
  if (hasFinalizer(object, orphanFinalizer)) return 'Orphan';
  return hasFinalizer(object, foregroundFinalizer) ? 'Foreground' : 'Background';
}

/** An object that names itself as its owner does not wait for itself. */
function blocks(dependent: KubernetesObject, ownerUid: string): boolean {
  if (dependent.metadata.uid === ownerUid) return false;
  return (dependent.metadata.ownerReferences ?? []).some(
    (reference) => reference.uid === ownerUid && reference.blockOwnerDeletion === true,
  );
}

function hasFinalizer(object: KubernetesObject, finalizer: string): boolean {
  return object.metadata.finalizers?.includes(finalizer) ?? false;
}

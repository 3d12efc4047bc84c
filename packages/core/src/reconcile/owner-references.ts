import type { KubernetesObject, OwnerReference } from '@gantry/api-types';

/** The owner reference that says who manages the object; at most one is marked so. */
export function controllerOf(object: KubernetesObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

/** The reference a controller puts on what it makes: it manages the object, and foreground deletion waits for it. */
export function controllerReference(owner: KubernetesObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

export interface ClaimPlan<T> {
  /** Managed by the owner after the plan is carried out, adopted ones included. */
  readonly claimed: readonly T[];
  /** Match the selector and have no controller: get the owner's reference. */
  readonly adopt: readonly T[];
  /** The owner's, but no longer matching the selector: lose the owner's reference. */
  readonly release: readonly T[];
}

/**
 * Which objects an owner takes over and lets go. An owner that is being deleted adopts nothing; an object that is
 * being deleted is neither adopted nor released.
 */
export function planClaims<T extends KubernetesObject>(
  owner: KubernetesObject,
  candidates: readonly T[],
  matches: (labels: Readonly<Record<string, string>>) => boolean,
): ClaimPlan<T> {
  const claimed: T[] = [];
  const adopt: T[] = [];
  const release: T[] = [];
  const isOwnerLeaving = owner.metadata.deletionTimestamp !== undefined;
  for (const object of candidates) {
    const controller = controllerOf(object);
    if (controller && controller.uid !== owner.metadata.uid) continue;
    const isMatching = matches(object.metadata.labels ?? {});
    const isLeaving = object.metadata.deletionTimestamp !== undefined;
    if (controller) {
      if (isMatching) claimed.push(object);
      else if (!isOwnerLeaving && !isLeaving) release.push(object);
    } else if (isMatching && !isOwnerLeaving && !isLeaving) {
      adopt.push(object);
      claimed.push(object);
    }
  }
  return { claimed, adopt, release };
}

/** The object's owner references with the owner as controller. */
export function withController(object: KubernetesObject, owner: KubernetesObject): OwnerReference[] {
  const others = (object.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== owner.metadata.uid);
  return [...others, controllerReference(owner)];
}

/** The object's owner references without those to the uid. */
export function withoutOwner(object: KubernetesObject, ownerUid: string): OwnerReference[] {
  return (object.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== ownerUid);
}

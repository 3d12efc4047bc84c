import type { OwnerReference, PersistentVolumeClaim, Pod, StatefulSet } from '@gantry/api-types';

/** Whether `persistentVolumeClaimRetentionPolicy` lets any claim be deleted. By default all are kept. */
export function mayDeleteClaims(set: StatefulSet): boolean {
  const { whenDeleted, whenScaled } = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  return whenDeleted === 'Delete' || whenScaled === 'Delete';
}

/**
 * The owner references that make a claim go when its set (`whenDeleted`) or its pod (`whenScaled`, for a pod that the set
 * no longer wants) goes; undefined where the claim has them already. `pod` is undefined where there is none. Pure.
 */
export function planClaimOwners(
  set: StatefulSet,
  claim: PersistentVolumeClaim,
  pod: Pod | undefined,
  isCondemned: boolean,
): readonly OwnerReference[] | undefined {
  const { whenDeleted, whenScaled } = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  const goesWithPod = whenScaled === 'Delete' && isCondemned;
  const goesWithSet = whenDeleted === 'Delete' && !goesWithPod;
  const present = claim.metadata.ownerReferences ?? [];
  const others = present.filter((reference) => !isOf(set, reference) && !isPodOf(set, reference));
  const wanted = [...others, ...(goesWithSet ? [reference(set)] : []), ...(goesWithPod && pod ? [reference(pod)] : [])];
  const isSame =
    wanted.length === present.length && wanted.every(({ uid }) => present.some((owner) => owner.uid === uid));
  return isSame ? undefined : wanted;
}

/**
 * True for a claim that is on its way out, with an earlier pod of the same name: a new pod must wait until it is gone,
 * or it would lose its volume.
 */
export function isClaimLeaving(set: StatefulSet, claim: PersistentVolumeClaim): boolean {
  if (claim.metadata.deletionTimestamp !== undefined) return true;
  return (claim.metadata.ownerReferences ?? []).some((reference) => isPodOf(set, reference));
}

function isOf(set: StatefulSet, { uid }: OwnerReference): boolean {
  return uid === set.metadata.uid;
}

function isPodOf(set: StatefulSet, { kind, name }: OwnerReference): boolean {
  return kind === 'Pod' && name.startsWith(`${set.metadata.name}-`);
}

function reference(owner: StatefulSet | Pod): OwnerReference {
  const { name, uid } = owner.metadata;
  return { apiVersion: owner.apiVersion, kind: owner.kind, name, uid };
}

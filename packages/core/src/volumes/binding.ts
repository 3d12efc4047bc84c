import type { PersistentVolume, PersistentVolumeClaim } from '@gantry/api-types';
import { formatBytes } from '@gantry/api-types/quantity';
import { isSemanticallyEqual } from '../lib/deep-equal.ts';
import { capacityBytes, requestedBytes } from './match-volume.ts';
import { annotations, localProvisioner } from './names.ts';

/** The volume as it is once bound to the claim; the same object where it is so already. Pure. */
export function bindVolume(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume {
  const reference = volume.spec.claimRef;
  const capacity = grownCapacity(volume, claim);
  if (reference?.uid === claim.metadata.uid && capacity === volume.spec.capacity) return volume;
  const { namespace, name, uid, resourceVersion } = claim.metadata;
  const claimRef = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    ...(namespace === undefined ? {} : { namespace }),
    name,
    uid,
    resourceVersion,
  };
  const marked = reference
    ? volume.metadata
    : withAnnotations(volume.metadata, { [annotations.boundByController]: 'yes' });
  const spec = { ...volume.spec, ...(capacity ? { capacity } : {}) };
  return { ...volume, metadata: marked, spec: reference?.uid === uid ? spec : { ...spec, claimRef } };
}

/** The claim as it is once bound to the volume; the same object where it is so already. Pure. */
export function bindClaim(claim: PersistentVolumeClaim, volume: PersistentVolume): PersistentVolumeClaim {
  const volumeName = volume.metadata.name;
  const isChosen = claim.spec.volumeName === undefined || claim.spec.volumeName === '';
  const isComplete = claim.metadata.annotations?.[annotations.bindCompleted] !== undefined;
  if (!isChosen && isComplete) return claim;
  const metadata = withAnnotations(claim.metadata, {
    [annotations.bindCompleted]: 'yes',
    ...(isChosen ? { [annotations.boundByController]: 'yes' } : {}),
  });
  return { ...claim, metadata, spec: { ...claim.spec, volumeName } };
}

/** The status of a claim that is bound to the volume; the present one where it says so already. Pure. */
export function boundClaimStatus(
  claim: PersistentVolumeClaim,
  volume: PersistentVolume,
): PersistentVolumeClaim['status'] {
  const status = {
    ...claim.status,
    phase: 'Bound',
    accessModes: [...(volume.spec.accessModes ?? [])],
    capacity: { ...volume.spec.capacity },
  };
  return isSemanticallyEqual(status, claim.status) ? claim.status : status;
}

/** A local directory has no size of its own: a claim that grows is given what it asks for. */
function grownCapacity(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume['spec']['capacity'] {
  const isOurs = volume.metadata.annotations?.[annotations.provisionedBy] === localProvisioner;
  if (!isOurs || requestedBytes(claim) <= capacityBytes(volume)) return volume.spec.capacity;
  const storage = claim.spec.resources?.requests?.storage ?? formatBytes(requestedBytes(claim));
  return { ...volume.spec.capacity, storage };
}

function withAnnotations<M extends { readonly annotations?: Record<string, string> }>(
  metadata: M,
  added: Readonly<Record<string, string>>,
): M {
  return { ...metadata, annotations: { ...metadata.annotations, ...added } };
}

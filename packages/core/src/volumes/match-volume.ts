import {
  compileLabelSelector,
  type ObjectKey,
  objectKey,
  type PersistentVolume,
  type PersistentVolumeClaim,
} from '@gantry/api-types';
import { parseBytes } from '@gantry/api-types/quantity';
import { matchesTerm, parseNodeSelector } from '../scheduler/requirements.ts';
import { storageClassOf } from './storage-class.ts';

/** A node as volumes look at it. */
export interface VolumeNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The bytes that a claim asks for. */
export function requestedBytes(claim: PersistentVolumeClaim): number {
  return parseBytes(claim.spec.resources?.requests?.storage ?? '0');
}

/** The bytes that a volume says it has. */
export function capacityBytes(volume: PersistentVolume): number {
  return parseBytes(volume.spec.capacity?.storage ?? '0');
}

/** The claim that a volume is bound to or kept for. */
export function claimKeyOf(volume: PersistentVolume): ObjectKey | undefined {
  const reference = volume.spec.claimRef;
  return reference?.name ? objectKey(reference.namespace, reference.name) : undefined;
}

/** Whether the volume is bound to or kept for this claim: one of the same name that is gone does not count. */
export function isForClaim(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const reference = volume.spec.claimRef;
  if (reference?.name !== claim.metadata.name || reference.namespace !== claim.metadata.namespace) return false;
  return !reference.uid || reference.uid === claim.metadata.uid;
}

/** Whether the volume can be used on the node. */
export function isReachableFrom(volume: PersistentVolume, node: VolumeNode): boolean {
  const terms = parseNodeSelector(volume.spec.nodeAffinity?.required);
  return terms?.some((term) => matchesTerm(term, node.name, node.labels)) ?? true;
}

/** What of the claim the volume does not meet, in words; undefined where it meets all. Looks at neither nodes nor use. */
export function mismatch(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (capacityBytes(volume) < requestedBytes(claim)) return 'requested PV is too small';
  if ((volume.spec.storageClassName ?? '') !== (storageClassOf(claim) ?? '')) return 'storageClassName does not match';
  if ((volume.spec.volumeMode ?? 'Filesystem') !== (claim.spec.volumeMode ?? 'Filesystem')) {
    return 'incompatible volumeMode';
  }
  const modes = volume.spec.accessModes ?? [];
  if (!(claim.spec.accessModes ?? []).every((mode) => modes.includes(mode))) return 'incompatible accessMode';
  return undefined;
}

/**
 * The volume to bind the claim to: one that is kept for it before the smallest that is free and meets it, on the node
 * where one is given. `isTaken` tells of volumes that were promised to another claim a moment ago. Pure.
 */
export function findMatchingVolume(
  claim: PersistentVolumeClaim,
  volumes: Iterable<PersistentVolume>,
  node?: VolumeNode,
  isTaken: (volumeName: string) => boolean = () => false,
): PersistentVolume | undefined {
  const selector = claim.spec.selector ? compileLabelSelector(claim.spec.selector) : undefined;
  let best: PersistentVolume | undefined;
  for (const volume of volumes) {
    if (isTaken(volume.metadata.name) || volume.metadata.deletionTimestamp !== undefined) continue;
    if (node && !isReachableFrom(volume, node)) continue;
    if (isForClaim(volume, claim)) {
      if (capacityBytes(volume) >= requestedBytes(claim)) return volume;
      continue;
    }
    const isFree = volume.spec.claimRef === undefined && volume.status?.phase === 'Available';
    if (!isFree || mismatch(volume, claim) !== undefined) continue;
    if (selector && !selector.matches(volume.metadata.labels ?? {})) continue;
    if (!best || isSmaller(volume, best)) best = volume;
  }
  return best;
}

function isSmaller(a: PersistentVolume, b: PersistentVolume): boolean {
  const difference = capacityBytes(a) - capacityBytes(b);
  return difference < 0 || (difference === 0 && a.metadata.name < b.metadata.name);
}

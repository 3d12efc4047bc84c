import type { PersistentVolume, PersistentVolumeClaim } from '@gantry/api-types';
import { hostnameOf, isProvisionedLocally } from './local-volume.ts';
import { isForClaim } from './match-volume.ts';
import { annotations, finalizers } from './names.ts';
import type { StorageEvent } from './plan-claim.ts';

/** What a volume's object should say. */
export interface VolumePlan {
  readonly phase: string;
  /** Why the phase is Failed. */
  readonly message: string | undefined;
  readonly event: StorageEvent | undefined;
  /** Its claim got another volume: this one is free again. */
  readonly unbind: boolean;
  /** Finalizers that have done their work. */
  readonly finished: readonly string[];
}

/** What a volume may depend on. */
export interface VolumeWorld {
  /** The claim that the volume refers to, whatever its uid. */
  readonly claim: PersistentVolumeClaim | undefined;
  /** Whether a node with this host name exists. */
  readonly hasNode: (hostname: string) => boolean;
}

/**
 * The phase of a volume and what follows from it. A volume whose claim is gone is Released; where its class says Delete,
 * its node removes the directory and the object goes after it. Pure.
 */
export function planVolume(volume: PersistentVolume, world: VolumeWorld): VolumePlan {
  const plan = planPhase(volume, world);
  return { ...plan, finished: finishedFinalizers(volume, plan.phase, world) };
}

function planPhase(volume: PersistentVolume, world: VolumeWorld): Omit<VolumePlan, 'finished'> {
  const { claim } = world;
  const present = volume.status?.phase ?? 'Pending';
  const plain = (phase: string) => ({ phase, message: undefined, event: undefined, unbind: false });
  const reference = volume.spec.claimRef;
  if (!reference?.uid) return plain('Available');
  if (!claim || !isForClaim(volume, claim)) return planRelease(volume, world);
  if (claim.spec.volumeName === volume.metadata.name) return plain('Bound');
  // The claim's own turn has yet to come.
  if (!claim.spec.volumeName) return plain(present);
  if (volume.metadata.annotations?.[annotations.boundByController]) return { ...plain('Available'), unbind: true };
  return isProvisionedLocally(volume) ? planRelease(volume, world) : plain(present);
}

function planRelease(volume: PersistentVolume, { hasNode }: VolumeWorld): Omit<VolumePlan, 'finished'> {
  const released = { phase: 'Released', message: undefined, event: undefined, unbind: false };
  const policy = volume.spec.persistentVolumeReclaimPolicy ?? 'Retain';
  if (policy === 'Retain') return released;
  const message = obstacle(volume, policy, hasNode);
  if (message === undefined) return released;
  return { ...released, phase: 'Failed', message, event: { type: 'Warning', reason: 'VolumeFailedDelete', message } };
}

function obstacle(volume: PersistentVolume, policy: string, hasNode: VolumeWorld['hasNode']): string | undefined {
  const { name } = volume.metadata;
  if (policy !== 'Delete')
    return `the reclaim policy ${policy} of volume "${name}" is not supported: use Retain or Delete`;
  if (!isProvisionedLocally(volume)) {
    return `error getting deleter volume plugin for volume "${name}": no deletable volume plugin matched`;
  }
  const hostname = hostnameOf(volume);
  if (hostname !== undefined && hasNode(hostname)) return undefined;
  return `node "${hostname}", which has the data, is gone: delete the PersistentVolume to give the data up`;
}

function finishedFinalizers(volume: PersistentVolume, phase: string, { hasNode }: VolumeWorld): readonly string[] {
  const { deletionTimestamp, finalizers: present = [] } = volume.metadata;
  if (deletionTimestamp === undefined || phase === 'Bound') return [];
  const hostname = hostnameOf(volume);
  // Nobody will remove the directory: it is kept, or its node is gone.
  const isLeft = volume.spec.persistentVolumeReclaimPolicy !== 'Delete' || hostname === undefined || !hasNode(hostname);
  return present.filter((name) => name === finalizers.volumeProtection || (name === finalizers.directory && isLeft));
}

import type { NewObject, Node, PersistentVolume, PersistentVolumeClaim, StorageClass } from '@gantry/api-types';
import { localVolume, placeOn } from './local-volume.ts';
import { findMatchingVolume, isForClaim, mismatch } from './match-volume.ts';
import { annotations, localProvisioner, noProvisioner } from './names.ts';
import { defaultStorageClass, storageClassOf, waitsForConsumer } from './storage-class.ts';

export interface StorageEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** The one next thing to do for a claim. */
export type ClaimStep =
  | { readonly type: 'bind'; readonly volume: PersistentVolume }
  | { readonly type: 'create'; readonly volume: NewObject<PersistentVolume>; readonly event: StorageEvent }
  | { readonly type: 'assignClass'; readonly storageClassName: string }
  /** The scheduler's choice of a node cannot be carried out: it shall choose anew. */
  | { readonly type: 'rejectNode'; readonly event: StorageEvent }
  /** Its volume is gone, and its data with it. */
  | { readonly type: 'lose'; readonly event: StorageEvent }
  | { readonly type: 'wait'; readonly event?: StorageEvent };

/** What a claim may depend on. */
export interface ClaimWorld {
  readonly classes: readonly StorageClass[];
  readonly volumes: readonly PersistentVolume[];
  readonly nodes: readonly Node[];
}

/** What to do next so that the claim gets (or keeps) its volume, as Kubernetes' volume controller decides. Pure. */
export function planClaim(claim: PersistentVolumeClaim, world: ClaimWorld): ClaimStep {
  if (claim.spec.volumeName) return planNamed(claim, claim.spec.volumeName, world);
  if (claim.metadata.deletionTimestamp !== undefined) return { type: 'wait' };
  const className = storageClassOf(claim);
  if (className === undefined) return planWithoutClass(claim, world);
  const storageClass = world.classes.find(({ metadata }) => metadata.name === className);
  const isDelayed = waitsForConsumer(storageClass);
  const volume = isDelayed
    ? world.volumes.find((candidate) => isForClaim(candidate, claim) && mismatch(candidate, claim) === undefined)
    : findMatchingVolume(claim, world.volumes);
  if (volume) return { type: 'bind', volume };
  if (className === '') return noVolumeWithoutClass;
  if (!storageClass) return failed('ProvisioningFailed', `storageclass.storage.k8s.io "${className}" not found`);
  return planProvisioning(claim, storageClass, world);
}

/** A claim that names no class takes the default one as soon as there is one. */
function planWithoutClass(claim: PersistentVolumeClaim, { classes, volumes }: ClaimWorld): ClaimStep {
  const chosen = defaultStorageClass(classes);
  if (chosen) return { type: 'assignClass', storageClassName: chosen.metadata.name };
  const volume = findMatchingVolume(claim, volumes);
  return volume ? { type: 'bind', volume } : noVolumeWithoutClass;
}

const noVolumeWithoutClass: ClaimStep = {
  type: 'wait',
  event: {
    type: 'Normal',
    reason: 'FailedBinding',
    message: 'no persistent volumes available for this claim and no storage class is set',
  },
};

function planProvisioning(claim: PersistentVolumeClaim, storageClass: StorageClass, world: ClaimWorld): ClaimStep {
  const { provisioner, metadata } = storageClass;
  const selected = claim.metadata.annotations?.[annotations.selectedNode];
  if (waitsForConsumer(storageClass) && selected === undefined) {
    const message = 'waiting for first consumer to be created before binding';
    return { type: 'wait', event: { type: 'Normal', reason: 'WaitForFirstConsumer', message } };
  }
  if (provisioner === noProvisioner) {
    const message = `no persistent volumes available for this claim, and storage class "${metadata.name}" makes none`;
    return { type: 'wait', event: { type: 'Normal', reason: 'FailedBinding', message } };
  }
  if (provisioner !== localProvisioner) {
    const message = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
    return { type: 'wait', event: { type: 'Normal', reason: 'ExternalProvisioning', message } };
  }
  return provisionLocally(claim, storageClass, world);
}

function provisionLocally(claim: PersistentVolumeClaim, storageClass: StorageClass, world: ClaimWorld): ClaimStep {
  const problem = unsupported(claim);
  if (problem !== undefined) return failed('ProvisioningFailed', problem);
  const selected = claim.metadata.annotations?.[annotations.selectedNode];
  const node = world.nodes.find(({ metadata }) => selected === undefined || metadata.name === selected);
  const place = node && placeOn(node);
  if (!place) {
    const event = {
      type: 'Warning' as const,
      reason: 'ProvisioningFailed',
      message: selected ? `node "${selected}" is gone or keeps no volumes` : 'there is no node that keeps volumes',
    };
    return selected === undefined ? { type: 'wait', event } : { type: 'rejectNode', event };
  }
  const volume = localVolume(claim, storageClass, place);
  const message = `Successfully provisioned volume ${volume.metadata.name}: a directory on node ${node.metadata.name}, whose size is not enforced`;
  return { type: 'create', volume, event: { type: 'Normal', reason: 'ProvisioningSucceeded', message } };
}

/** What the local provisioner cannot make, naming the field. */
function unsupported({ spec }: PersistentVolumeClaim): string | undefined {
  if (spec.volumeMode === 'Block')
    return `${localProvisioner} makes directories: spec.volumeMode Block is not supported`;
  if (spec.selector) return `${localProvisioner} makes volumes without labels: spec.selector is not supported`;
  if (spec.dataSource ?? spec.dataSourceRef)
    return `${localProvisioner} makes empty volumes: spec.dataSource is not supported`;
  return undefined;
}

/** The claim names its volume: because a user wrote so, or because it was bound. */
function planNamed(claim: PersistentVolumeClaim, volumeName: string, { volumes }: ClaimWorld): ClaimStep {
  const wasBound = claim.metadata.annotations?.[annotations.bindCompleted] !== undefined;
  const volume = volumes.find(({ metadata }) => metadata.name === volumeName);
  if (!volume) {
    if (!wasBound) return failed('FailedBinding', `volume "${volumeName}" not found`);
    return lost('ClaimLost', 'Bound claim has lost its PersistentVolume. Any data on the volume is lost!');
  }
  if (volume.spec.claimRef !== undefined && !isForClaim(volume, claim)) {
    if (!wasBound) return failed('FailedBinding', `volume "${volumeName}" already bound to a different claim.`);
    return lost('ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly');
  }
  if (wasBound) return { type: 'bind', volume };
  const problem = mismatch(volume, claim);
  if (problem === undefined) return { type: 'bind', volume };
  return failed('VolumeMismatch', `Cannot bind to requested volume "${volumeName}": ${problem}`);
}

function failed(reason: string, message: string): ClaimStep {
  return { type: 'wait', event: { type: 'Warning', reason, message } };
}

function lost(reason: string, message: string): ClaimStep {
  return { type: 'lose', event: { type: 'Warning', reason, message } };
}

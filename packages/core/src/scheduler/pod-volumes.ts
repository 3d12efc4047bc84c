import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '@gantry/api-types';
import { formatBytes } from '@gantry/api-types/quantity';
import { findMatchingVolume, isForClaim, isReachableFrom, mismatch, requestedBytes } from '../volumes/match-volume.ts';
import { annotations, localProvisioner, noProvisioner } from '../volumes/names.ts';
import { storageClassOf, waitsForConsumer } from '../volumes/storage-class.ts';
import { type FilterResult, feasible, unschedulable } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodClaim, PodInfo } from './pod-info.ts';
import { isFullyBound, type VolumeState } from './volume-state.ts';

const affinityConflict = unschedulable('node(s) had volume node affinity conflict');
const noVolume = unschedulable("node(s) didn't find available persistent volumes to bind");
const lostVolume = unschedulable('node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)');
const notEnoughSpace = 'node(s) did not have enough free storage';

/** What has to be bound before a pod may run on a node. */
export interface VolumeDecision {
  readonly bindings: readonly { readonly claim: PodClaim; readonly volume: PersistentVolume }[];
  readonly toProvision: readonly PodClaim[];
}

/** A claim that waits for its first pod, and the volumes made by hand that it might get. */
interface OpenClaim {
  readonly reference: PodClaim;
  readonly claim: PersistentVolumeClaim;
  readonly storageClass: StorageClass;
  readonly candidates: readonly PersistentVolume[];
}

/** The claims of a pod, looked up once for all nodes. */
export interface PodVolumes {
  /** Asks one node. */
  check(node: NodeInfo): FilterResult;
  /** What to bind there; undefined where `check` refuses. */
  decide(node: NodeInfo): VolumeDecision | undefined;
}

/** Why the pod fits no node whatever it is, in Kubernetes' words; undefined where its claims can be looked at. */
export function claimsProblem(pod: PodInfo, state: VolumeState): string | undefined {
  for (const { key, name, isOwn } of pod.claims) {
    const claim = state.claim(key);
    if (!claim) {
      return isOwn
        ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
        : `persistentvolumeclaim "${name}" not found`;
    }
    if (claim.metadata.deletionTimestamp !== undefined) return `persistentvolumeclaim "${name}" is being deleted`;
    if (claim.status.phase === 'Lost') {
      return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec.volumeName ?? ''}"`;
    }
    if (!isFullyBound(claim) && !isOpen(claim, state)) return 'pod has unbound immediate PersistentVolumeClaims';
    if (claim.spec.accessModes?.includes('ReadWriteOncePod') && state.isUsedByAnother(key, pod.uid)) {
      return 'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode';
    }
  }
  return undefined;
}

function isOpen(claim: PersistentVolumeClaim, state: VolumeState): boolean {
  return !claim.spec.volumeName && waitsForConsumer(state.storageClass(storageClassOf(claim) ?? ''));
}

/** Prepares the pod's claims, of which {@link claimsProblem} found none wanting. */
export function preparePodVolumes(pod: PodInfo, state: VolumeState): PodVolumes {
  const bound: (PersistentVolume | undefined)[] = [];
  const open: OpenClaim[] = [];
  for (const reference of pod.claims) {
    const claim = state.claim(reference.key);
    if (!claim) continue;
    if (isFullyBound(claim)) bound.push(state.volume(claim.spec.volumeName ?? ''));
    else {
      const storageClass = state.storageClass(storageClassOf(claim) ?? '');
      if (storageClass) open.push({ reference, claim, storageClass, candidates: candidatesFor(claim, state) });
    }
  }
  // Small claims first, so that they do not take the large volumes, as in Kubernetes.
  open.sort((a, b) => requestedBytes(a.claim) - requestedBytes(b.claim));
  const checkBound = (node: NodeInfo): FilterResult => {
    for (const volume of bound) {
      if (!volume) return lostVolume;
      if (!isReachableFrom(volume, node)) return affinityConflict;
    }
    return feasible;
  };
  const settle = (node: NodeInfo) => settleOpenClaims(open, node, state);
  return {
    check(node) {
      const result = checkBound(node);
      if (result.length > 0 || open.length === 0) return result;
      const settled = settle(node);
      return 'refusal' in settled ? settled.refusal : feasible;
    },
    decide(node) {
      if (checkBound(node).length > 0) return undefined;
      const settled = settle(node);
      return 'refusal' in settled ? undefined : settled;
    },
  };
}

function candidatesFor(claim: PersistentVolumeClaim, state: VolumeState): PersistentVolume[] {
  const found: PersistentVolume[] = [];
  for (const volume of state.volumes()) {
    if (isForClaim(volume, claim) || (volume.spec.claimRef === undefined && mismatch(volume, claim) === undefined)) {
      found.push(volume);
    }
  }
  return found;
}

function settleOpenClaims(
  open: readonly OpenClaim[],
  node: NodeInfo,
  state: VolumeState,
): VolumeDecision | { readonly refusal: FilterResult } {
  const bindings: { claim: PodClaim; volume: PersistentVolume }[] = [];
  const toProvision: PodClaim[] = [];
  for (const { reference, claim, storageClass, candidates } of open) {
    const assumed = state.assumed(reference.key);
    const selected = assumed?.nodeName ?? claim.metadata.annotations?.[annotations.selectedNode];
    if (selected !== undefined && selected !== node.name) return { refusal: noVolume };
    // Another pod's decision for this claim is under way: this one only waits for it.
    if (assumed) continue;
    const isTaken = (name: string) =>
      state.isPromised(name, reference.key) || bindings.some(({ volume }) => volume.metadata.name === name);
    const volume = selected === undefined ? findMatchingVolume(claim, candidates, node, isTaken) : undefined;
    if (volume) {
      bindings.push({ claim: reference, volume });
      continue;
    }
    const refusal = checkProvisioning(claim, storageClass, node);
    if (refusal.length > 0) return { refusal };
    toProvision.push(reference);
  }
  return { bindings, toProvision };
}

function checkProvisioning(claim: PersistentVolumeClaim, storageClass: StorageClass, node: NodeInfo): FilterResult {
  if (storageClass.provisioner === noProvisioner) return noVolume;
  const topologies = storageClass.allowedTopologies;
  const isAllowed =
    !topologies?.length ||
    topologies.some(({ matchLabelExpressions }) =>
      (matchLabelExpressions ?? []).every(({ key, values }) => values?.includes(node.labels[key] ?? '')),
    );
  if (!isAllowed) return noVolume;
  const diskBytes = node.allocatable.ephemeralStorageBytes;
  const wantedBytes = requestedBytes(claim);
  if (storageClass.provisioner !== localProvisioner || diskBytes === 0 || wantedBytes <= diskBytes) return feasible;
  const detail = `${claim.metadata.name} asks for ${formatBytes(wantedBytes)}; the disk has ${formatBytes(diskBytes)}`;
  return unschedulable(notEnoughSpace, detail);
}

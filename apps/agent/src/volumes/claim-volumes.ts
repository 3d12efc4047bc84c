import { chmod, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PersistentVolume, PersistentVolumeClaim, Pod, Volume } from '@gantry/api-types';
import { hostnameOf, isProvisionedLocally } from '@gantry/core/volumes/local-volume';
import { isForClaim } from '@gantry/core/volumes/match-volume';
import { claimNameOf } from '@gantry/core/volumes/pod-claims';
import { prepareHostPath } from './host-path.ts';
import { applyGroup, hasGroup } from './ownership.ts';

/** Where claims and volumes come from. */
export interface ClaimObjects {
  persistentVolumeClaim(namespace: string, name: string): PersistentVolumeClaim | undefined;
  persistentVolume(name: string): PersistentVolume | undefined;
}

/** The node as claims look at it. */
export interface ClaimNode {
  readonly name: string;
  /** Where it keeps the volumes that it makes. */
  readonly claimsDirectory: string;
}

/** Where a node with this data directory keeps them. */
export function claimsDirectoryOf(dataDir: string): string {
  return join(dataDir, 'claims');
}

/** Whether a claim is behind the volume. */
export function isClaimVolume(volume: Volume): boolean {
  return volume.persistentVolumeClaim !== undefined || volume.ephemeral !== undefined;
}

/** The bound volume behind a pod's claim. Throws with the kubelet's text where there is none (yet). Pure. */
export function boundVolume(objects: ClaimObjects, pod: Pod, volume: Volume): PersistentVolume {
  const namespace = pod.metadata.namespace ?? 'default';
  const name = claimNameOf(pod.metadata.name, volume) ?? '';
  const claim = objects.persistentVolumeClaim(namespace, name);
  if (!claim) throw new Error(`persistentvolumeclaim "${name}" not found`);
  const { volumeName } = claim.spec;
  if (!volumeName || claim.status.phase !== 'Bound') {
    throw new Error(`PersistentVolumeClaim is not bound: "${namespace}/${name}"`);
  }
  const bound = objects.persistentVolume(volumeName);
  if (!bound) throw new Error(`PersistentVolume "${volumeName}" not found`);
  if (!isForClaim(bound, claim)) throw new Error(`PersistentVolume "${volumeName}" is bound to another claim`);
  return bound;
}

/** Makes or checks what a volume names, and returns its path. May be repeated. */
export async function prepareVolume(volume: PersistentVolume, node: ClaimNode): Promise<string> {
  const { hostPath, local } = volume.spec;
  if (hostPath) return prepareHostPath(hostPath);
  if (!local) {
    throw new Error(
      `volume "${volume.metadata.name}" is neither spec.hostPath nor spec.local: Gantry mounts no others`,
    );
  }
  if (isProvisionedLocally(volume)) return makeDirectory(volume, local.path, node);
  const found = await stat(local.path).catch(() => undefined);
  if (!found) throw new Error(`path "${local.path}" of volume "${volume.metadata.name}" does not exist`);
  return local.path;
}

/** Gives the volume to the pod's group; with `OnRootMismatch` only where its top is not the group's yet. */
export async function giveToGroup(path: string, volume: PersistentVolume, pod: Pod): Promise<void> {
  const { fsGroup, fsGroupChangePolicy } = pod.spec.securityContext ?? {};
  if (fsGroup === undefined || volume.spec.hostPath) return;
  if (fsGroupChangePolicy === 'OnRootMismatch' && (await hasGroup(path, fsGroup))) return;
  await applyGroup(path, fsGroup, 'write');
}

/** Whether the directory is one that this node makes and removes for volumes: nothing else is ever removed. */
export function isOwnDirectory(volume: PersistentVolume, node: ClaimNode): boolean {
  const isHere = isProvisionedLocally(volume) && hostnameOf(volume) === node.name;
  return isHere && volume.spec.local?.path === join(node.claimsDirectory, volume.metadata.name);
}

async function makeDirectory(volume: PersistentVolume, path: string, node: ClaimNode): Promise<string> {
  const hostname = hostnameOf(volume);
  // An empty directory here would look as if the data were lost.
  if (hostname !== node.name) throw new Error(`the data of volume "${volume.metadata.name}" is on node "${hostname}"`);
  if (await mkdir(path, { recursive: true })) await chmod(path, 0o777);
  return path;
}

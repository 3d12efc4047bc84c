import { type ObjectKey, objectKey, type PersistentVolumeClaim, type Pod, type Volume } from '@gantry/api-types';

/** The name of the claim behind a volume; undefined for volumes of other kinds. */
export function claimNameOf(podName: string, volume: Volume): string | undefined {
  if (volume.persistentVolumeClaim) return volume.persistentVolumeClaim.claimName;
  return volume.ephemeral ? `${podName}-${volume.name}` : undefined;
}

/** The keys of the claims that a pod's volumes name, those made for it alone included. */
export function claimKeysOf(pod: Pod): readonly ObjectKey[] {
  const { volumes } = pod.spec;
  if (!volumes) return noKeys;
  const keys: ObjectKey[] = [];
  for (const volume of volumes) {
    const name = claimNameOf(pod.metadata.name, volume);
    if (name === undefined) continue;
    const key = objectKey(pod.metadata.namespace, name);
    if (!keys.includes(key)) keys.push(key);
  }
  return keys.length === 0 ? noKeys : keys;
}

const noKeys: readonly ObjectKey[] = [];

/** Whether the claim was made for a volume of this very pod. */
export function isClaimOfPod(claim: PersistentVolumeClaim, podUid: string): boolean {
  return (claim.metadata.ownerReferences ?? []).some(({ uid, controller }) => controller === true && uid === podUid);
}

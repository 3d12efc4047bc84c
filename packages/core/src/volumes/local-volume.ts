import type { NewObject, Node, PersistentVolume, PersistentVolumeClaim, StorageClass } from '@gantry/api-types';
import { annotations, finalizers, hostnameLabel, localProvisioner } from './names.ts';

/** The name of the volume that is made for a claim. */
export function provisionedName(claim: PersistentVolumeClaim): string {
  return `pvc-${claim.metadata.uid}`;
}

/** The directory on the node that becomes the claim's volume. `directory` is where that node keeps such. Pure. */
export function localVolume(
  claim: PersistentVolumeClaim,
  storageClass: StorageClass,
  node: { readonly hostname: string; readonly directory: string },
): NewObject<PersistentVolume> {
  const name = provisionedName(claim);
  const { namespace, uid, resourceVersion } = claim.metadata;
  const { mountOptions, reclaimPolicy } = storageClass;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: {
      name,
      annotations: { [annotations.provisionedBy]: localProvisioner },
      finalizers: [finalizers.directory],
    },
    spec: {
      capacity: { storage: claim.spec.resources?.requests?.storage ?? '0' },
      accessModes: [...(claim.spec.accessModes ?? [])],
      volumeMode: 'Filesystem',
      persistentVolumeReclaimPolicy: reclaimPolicy ?? 'Delete',
      storageClassName: storageClass.metadata.name,
      ...(mountOptions ? { mountOptions: [...mountOptions] } : {}),
      local: { path: `${node.directory}/${name}` },
      claimRef: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        ...(namespace === undefined ? {} : { namespace }),
        name: claim.metadata.name,
        uid,
        resourceVersion,
      },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: hostnameLabel, operator: 'In', values: [node.hostname] }] }],
        },
      },
    },
  };
}

/** Where a node keeps the volumes made for claims; undefined where it did not say, or has no name to pin them to. */
export function placeOn(node: Node): { hostname: string; directory: string } | undefined {
  const directory = node.metadata.annotations?.[annotations.claimsDirectory];
  const hostname = node.metadata.labels?.[hostnameLabel];
  return directory === undefined || hostname === undefined ? undefined : { hostname, directory };
}

/** Whether the volume is a directory that a node made for a claim. */
export function isProvisionedLocally(volume: PersistentVolume): boolean {
  return volume.metadata.annotations?.[annotations.provisionedBy] === localProvisioner;
}

/** The host name of the node that has the directory. */
export function hostnameOf(volume: PersistentVolume): string | undefined {
  for (const term of volume.spec.nodeAffinity?.required?.nodeSelectorTerms ?? []) {
    const found = term.matchExpressions?.find(({ key }) => key === hostnameLabel);
    if (found?.values?.[0] !== undefined) return found.values[0];
  }
  return undefined;
}

/** Whether the node shall remove the volume's directory, and the object go after it: nobody uses it any more. Pure. */
export function isReclaimable(volume: PersistentVolume): boolean {
  const { phase } = volume.status ?? {};
  return (
    isProvisionedLocally(volume) &&
    volume.spec.persistentVolumeReclaimPolicy === 'Delete' &&
    (phase === 'Released' || phase === 'Failed')
  );
}

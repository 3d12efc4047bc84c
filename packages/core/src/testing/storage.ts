import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '@gantry/api-types';
import {
  type MetadataOptions,
  makePersistentVolume,
  makePersistentVolumeClaim,
  makeStorageClass,
} from '@gantry/api-types/testing';

export interface ClaimParts extends MetadataOptions {
  readonly storage?: string;
  /** None where undefined; empty is a class too: that of volumes without one. */
  readonly className?: string;
  readonly accessModes?: string[];
  readonly volumeName?: string;
  readonly phase?: string;
  readonly spec?: Partial<PersistentVolumeClaim['spec']>;
}

/** A pending ReadWriteOnce claim of 1Gi. */
export function makeClaim(parts: ClaimParts = {}): PersistentVolumeClaim {
  const { className, accessModes, phase = 'Pending', spec, ...rest } = parts;
  return makePersistentVolumeClaim({
    ...rest,
    ...(className === undefined ? {} : { storageClassName: className }),
    spec: { ...(accessModes ? { accessModes } : {}), ...spec },
    status: { phase },
  });
}

export interface VolumeParts extends MetadataOptions {
  readonly storage?: string;
  readonly className?: string;
  readonly accessModes?: string[];
  readonly phase?: string;
  /** The host name that the volume is pinned to. */
  readonly node?: string;
  readonly claimRef?: PersistentVolume['spec']['claimRef'];
  readonly spec?: Partial<PersistentVolume['spec']>;
}

/** A free 1Gi hostPath volume. */
export function makeVolume(parts: VolumeParts = {}): PersistentVolume {
  const { className, accessModes, phase = 'Available', node, claimRef, spec, ...rest } = parts;
  const expression = { key: 'kubernetes.io/hostname', operator: 'In', values: [node ?? ''] };
  return makePersistentVolume({
    ...rest,
    ...(className === undefined ? {} : { storageClassName: className }),
    spec: {
      ...(accessModes ? { accessModes } : {}),
      ...(node === undefined
        ? {}
        : { nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [expression] }] } } }),
      ...(claimRef === undefined ? {} : { claimRef }),
      ...spec,
    },
    status: { phase },
  });
}

/** A class whose claims wait for their first pod; `local`, of Gantry's own provisioner, unless the test says otherwise. */
export function makeClass(parts: MetadataOptions & Partial<StorageClass> = {}): StorageClass {
  return makeStorageClass({ name: 'local', provisioner: 'gantry.io/local', ...parts });
}

import {
  type FieldError,
  invalid,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type StorageClass,
} from '@gantry/api-types';
import { capacityBytes, requestedBytes } from '@gantry/core/volumes/match-volume';
import { finalizers } from '@gantry/core/volumes/names';
import { defaultStorageClass, storageClassOf } from '@gantry/core/volumes/storage-class';
import type { AnyObject, ApiContext } from '../context.ts';
import { forbidden } from '../failures.ts';
import type { ServedKind } from '../registry.ts';
import type { AdmissionPlugin } from './admission.ts';

/**
 * Kubernetes' DefaultStorageClass, StorageObjectInUseProtection and PersistentVolumeClaimResize; and volumes that no
 * node of this cluster could mount are refused.
 */
export function storageAdmission(objects: ApiContext['objects']): AdmissionPlugin {
  return {
    name: 'Storage',
    resources: ['persistentvolumeclaims', 'persistentvolumes'],
    admit({ operation, kind, object, previous }) {
      if (kind.resource === 'persistentvolumes') {
        if (operation === 'create') admitVolume(kind, object);
      } else if (operation === 'create') {
        admitClaim(object, objects);
      } else if (previous) {
        admitResize(kind, object, { previous, objects });
      }
      return undefined;
    },
  };
}

function admitClaim(object: AnyObject, objects: ApiContext['objects']): void {
  const claim = object as unknown as PersistentVolumeClaim;
  addFinalizer(object, finalizers.claimProtection);
  if (storageClassOf(claim) !== undefined) return;
  const name = defaultStorageClass(classesOf(objects))?.metadata.name;
  if (name !== undefined) claim.spec.storageClassName = name;
}

function admitVolume(kind: ServedKind, object: AnyObject): void {
  addFinalizer(object, finalizers.volumeProtection);
  const { spec } = object as unknown as PersistentVolume;
  const errors = Object.entries(spec).flatMap(([field, value]): FieldError[] =>
    value !== undefined && isForeignSource(field)
      ? [{ field: `spec.${field}`, reason: 'FieldValueForbidden', message: `Forbidden: ${onlyOurSources}` }]
      : [],
  );
  if (errors.length > 0) throw invalid(kind.definition, object.metadata.name, errors);
}

const onlyOurSources = 'Gantry mounts volumes of the kinds hostPath and local only';

/** Every other field of the spec is the source of some storage system. */
const fieldsOfEveryVolume: ReadonlySet<string> = new Set([
  'accessModes',
  'capacity',
  'claimRef',
  'hostPath',
  'local',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
]);

function isForeignSource(field: string): boolean {
  return !fieldsOfEveryVolume.has(field);
}

interface Change {
  readonly previous: AnyObject;
  readonly objects: ApiContext['objects'];
}

/** A bound claim may ask for more where its class says so. */
function admitResize(kind: ServedKind, object: AnyObject, { previous, objects }: Change): void {
  const claim = object as unknown as PersistentVolumeClaim;
  const before = previous as unknown as PersistentVolumeClaim;
  if (requestedBytes(claim) <= requestedBytes(before) || !before.spec.volumeName) return;
  const volume = objects.get('persistentvolumes', before.spec.volumeName)?.object as PersistentVolume | undefined;
  if (volume && capacityBytes(volume) >= requestedBytes(claim)) return;
  const className = storageClassOf(before);
  const storageClass = classesOf(objects).find(({ metadata }) => metadata.name === className);
  if (storageClass?.allowVolumeExpansion) return;
  const why =
    'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';
  throw forbidden(kind, object.metadata.name, why);
}

function classesOf(objects: ApiContext['objects']): readonly StorageClass[] {
  return objects.list('storageclasses.storage.k8s.io').map(({ object }) => object as unknown as StorageClass);
}

function addFinalizer({ metadata }: AnyObject, name: string): void {
  const present = metadata.finalizers ?? [];
  if (!present.includes(name)) metadata.finalizers = [...present, name];
}

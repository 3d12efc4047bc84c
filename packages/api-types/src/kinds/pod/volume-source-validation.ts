import type { FieldError } from '../../errors.ts';
import type { DownwardAPIVolumeFile, KeyToPath, Volume } from '../../generated/types.ts';
import { parseQuantity, quantityProblem } from '../../quantity.ts';
import { validateLocalPath, validateNoBacksteps, validateOptionalOneOf } from '../../validation/common.ts';
import { forbidden, invalidValue, required } from '../../validation/field-errors.ts';
import type { FieldPath } from '../../validation/field-path.ts';
import { rangeText } from '../../validation/names.ts';
import { validateFieldRef, validateResourceFieldRef } from './env-validation.ts';
import { validateProjected } from './projected-validation.ts';

export type VolumeSourceName = Exclude<keyof Volume, 'name'>;

/** In the order in which Kubernetes looks at them: of two sources the later one is refused. */
export const volumeSources: readonly VolumeSourceName[] = [
  'emptyDir',
  'hostPath',
  'gitRepo',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'secret',
  'nfs',
  'iscsi',
  'glusterfs',
  'flocker',
  'persistentVolumeClaim',
  'rbd',
  'cinder',
  'cephfs',
  'quobyte',
  'downwardAPI',
  'fc',
  'flexVolume',
  'configMap',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'storageos',
  'projected',
  'scaleIO',
  'csi',
  'ephemeral',
  'image',
];

/** What must be set of sources that live outside the cluster. */
const requiredFields: Readonly<Partial<Record<VolumeSourceName, readonly string[]>>> = {
  hostPath: ['path'],
  gitRepo: ['repository'],
  gcePersistentDisk: ['pdName'],
  awsElasticBlockStore: ['volumeID'],
  secret: ['secretName'],
  configMap: ['name'],
  nfs: ['server', 'path'],
  iscsi: ['targetPortal', 'iqn'],
  glusterfs: ['endpoints', 'path'],
  persistentVolumeClaim: ['claimName'],
  rbd: ['monitors', 'image'],
  cinder: ['volumeID'],
  cephfs: ['monitors'],
  quobyte: ['registry', 'volume'],
  flexVolume: ['driver'],
  azureFile: ['secretName', 'shareName'],
  vsphereVolume: ['volumePath'],
  photonPersistentDisk: ['pdID'],
  portworxVolume: ['volumeID'],
  azureDisk: ['diskName', 'diskURI'],
  scaleIO: ['gateway', 'system', 'volumeName'],
  csi: ['driver'],
  ephemeral: ['volumeClaimTemplate'],
};

const hostPathTypes: readonly string[] = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

const volumeFieldPaths: readonly string[] = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];

/** The rules of one volume source. */
export function validateVolumeSource(
  volume: Volume,
  source: VolumeSourceName,
  path: FieldPath,
  errors: FieldError[],
): void {
  const fields: Readonly<Record<string, unknown>> = { ...volume[source] };
  for (const field of requiredFields[source] ?? []) {
    const value = fields[field];
    const isMissing = value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
    if (isMissing) errors.push(required(path.child(field)));
  }
  // Of a volume with several sources only the first is looked at.
  const only: Volume = { name: volume.name, [source]: volume[source] };
  validateLocalSource(only, path, errors);
  validateRemoteSource(only, path, errors);
}

function validateLocalSource(volume: Volume, path: FieldPath, errors: FieldError[]): void {
  const { emptyDir, hostPath, configMap, secret, downwardAPI, projected, image } = volume;
  if (emptyDir?.sizeLimit !== undefined) {
    const { sizeLimit } = emptyDir;
    if (quantityProblem(sizeLimit) || parseQuantity(sizeLimit) < 0) {
      errors.push(forbidden(path.child('sizeLimit'), 'SizeLimit field must be a valid resource quantity'));
    }
  } else if (hostPath?.path) {
    validateNoBacksteps(hostPath.path, path.child('path'), errors);
    validateOptionalOneOf(hostPath.type, hostPathTypes, path.child('type'), errors);
  } else if (configMap || secret) {
    const { defaultMode, items } = configMap ?? secret ?? {};
    validateFileMode(defaultMode, path.child('defaultMode'), errors);
    validateItems(items, path.child('items'), errors);
  } else if (downwardAPI) {
    validateFileMode(downwardAPI.defaultMode, path.child('defaultMode'), errors);
    for (const file of downwardAPI.items ?? []) validateDownwardFile(file, path, errors);
  } else if (projected) {
    validateFileMode(projected.defaultMode, path.child('defaultMode'), errors);
    validateProjected(projected, path, { validateItems, validateDownwardFile, validateFilePath }, errors);
  } else if (image) {
    if (!image.reference) errors.push(required(path.child('reference')));
    validateOptionalOneOf(image.pullPolicy, ['Always', 'IfNotPresent', 'Never'], path.child('pullPolicy'), errors);
  }
}

function validateRemoteSource(volume: Volume, path: FieldPath, errors: FieldError[]): void {
  const { nfs, gitRepo, iscsi, fc, flocker, gcePersistentDisk, awsElasticBlockStore } = volume;
  if (nfs && !nfs.path?.startsWith('/')) {
    errors.push(invalidValue(path.child('path'), nfs.path ?? '', 'must be an absolute path'));
  }
  if (gitRepo?.directory) validateLocalPath(gitRepo.directory, path.child('directory'), errors);
  const lun = iscsi?.lun ?? fc?.lun;
  if (lun !== undefined && (lun < 0 || lun > 255)) {
    errors.push(invalidValue(path.child('lun'), lun, rangeText(0, 255)));
  }
  if (iscsi?.iqn && !/^(?:iqn|eui|naa)/.test(iscsi.iqn)) {
    const text = 'must be valid format starting with iqn, eui, or naa';
    errors.push(invalidValue(path.child('iqn'), iscsi.iqn, text));
  }
  const partition = gcePersistentDisk?.partition ?? awsElasticBlockStore?.partition;
  if (partition !== undefined && (partition < 0 || partition > 255)) {
    errors.push(invalidValue(path.child('partition'), partition, rangeText(1, 255)));
  }
  if (fc && !fc.targetWWNs?.length && !fc.wwids?.length) {
    errors.push(required(path.child('targetWWNs'), 'must specify either targetWWNs or wwids, but not both'));
  }
  if (flocker && !flocker.datasetName && !flocker.datasetUUID) {
    errors.push(required(path, 'one of datasetName and datasetUUID is required'));
  }
}

const fileModeText = 'must be a number between 0 and 0777 (octal), both inclusive';

function validateFileMode(mode: number | undefined, path: FieldPath, errors: FieldError[]): void {
  if (mode !== undefined && (mode < 0 || mode > 0o777)) errors.push(invalidValue(path, mode, fileModeText));
}

function validateItems(items: readonly KeyToPath[] | undefined, path: FieldPath, errors: FieldError[]): void {
  for (const [index, item] of (items ?? []).entries()) {
    const itemPath = path.index(index);
    if (!item.key) errors.push(required(itemPath.child('key')));
    if (!item.path) errors.push(required(itemPath.child('path')));
    validateFilePath(item.path ?? '', itemPath.child('path'), errors);
    validateFileMode(item.mode, itemPath.child('mode'), errors);
  }
}

/** A path inside a volume; names that start with `..` are kept for the machinery of updates. */
function validateFilePath(value: string, path: FieldPath, errors: FieldError[]): void {
  validateLocalPath(value, path, errors);
  if (value.startsWith('..') && value !== '..' && !value.startsWith('../')) {
    errors.push(invalidValue(path, value, "must not start with '..'"));
  }
}

function validateDownwardFile(file: DownwardAPIVolumeFile, path: FieldPath, errors: FieldError[]): void {
  if (!file.path) errors.push(required(path.child('path')));
  validateFilePath(file.path ?? '', path.child('path'), errors);
  if (file.fieldRef) {
    validateFieldRef(file.fieldRef, volumeFieldPaths, path.child('fieldRef'), errors);
    if (file.resourceFieldRef) {
      const text = 'fieldRef and resourceFieldRef can not be specified simultaneously';
      errors.push(invalidValue(path, 'resource', text));
    }
  } else if (file.resourceFieldRef) {
    validateResourceFieldRef(file.resourceFieldRef, true, path.child('resourceFieldRef'), errors);
  } else {
    errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
  }
  validateFileMode(file.mode, path.child('mode'), errors);
}

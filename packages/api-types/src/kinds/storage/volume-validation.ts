import type { FieldError } from '../../errors.ts';
import type { PersistentVolume, PersistentVolumeSpec } from '../../generated/types.ts';
import { firstDifference, semanticEqual } from '../../lib/semantic-equal.ts';
import { parseQuantity, quantityProblem } from '../../quantity.ts';
import {
  validateDnsSubdomain,
  validateNoBacksteps,
  validateOneOf,
  validateOptionalOneOf,
} from '../../validation/common.ts';
import { forbidden, invalidValue, notPositiveText, notSupported, required } from '../../validation/field-errors.ts';
import { FieldPath } from '../../validation/field-path.ts';
import { validateImmutable } from '../../validation/object-meta.ts';
import { validateNodeSelector } from '../pod/affinity-validation.ts';
import { validateAccessModes } from './access-modes.ts';
import { volumeModes } from './claim-validation.ts';

const specPath = FieldPath.of('spec');

/** Where a volume can be kept, with what must be said of each. */
const sources: Readonly<Partial<Record<keyof PersistentVolumeSpec, readonly string[]>>> = {
  gcePersistentDisk: ['pdName'],
  awsElasticBlockStore: ['volumeID'],
  hostPath: ['path'],
  glusterfs: ['endpoints', 'path'],
  nfs: ['server', 'path'],
  rbd: ['monitors', 'image'],
  quobyte: ['registry', 'volume'],
  cephfs: ['monitors'],
  iscsi: ['targetPortal', 'iqn'],
  cinder: ['volumeID'],
  fc: [],
  flocker: [],
  flexVolume: ['driver'],
  azureFile: ['secretName', 'shareName'],
  vsphereVolume: ['volumePath'],
  photonPersistentDisk: ['pdID'],
  portworxVolume: ['volumeID'],
  azureDisk: ['diskName', 'diskURI'],
  scaleIO: ['gateway', 'system', 'volumeName'],
  local: ['path'],
  storageos: [],
  csi: ['driver', 'volumeHandle'],
};
const sourceNames = Object.keys(sources) as readonly (keyof PersistentVolumeSpec)[];

/** The rules of a volume. */
export function validateVolume({ spec }: PersistentVolume): FieldError[] {
  const errors: FieldError[] = [];
  validateAccessModes(spec.accessModes ?? [], specPath.child('accessModes'), '', errors);
  validateCapacity(spec.capacity ?? {}, errors);
  const policies = ['Delete', 'Recycle', 'Retain'];
  const policyPath = specPath.child('persistentVolumeReclaimPolicy');
  validateOneOf(spec.persistentVolumeReclaimPolicy, policies, policyPath, errors);
  if (spec.nodeAffinity) {
    const required = spec.nodeAffinity.required;
    const requiredPath = specPath.child('nodeAffinity').child('required');
    if (required) validateNodeSelector(required, requiredPath, errors);
    else errors.push(missingAffinity(requiredPath, 'must specify required node constraints'));
  }
  validateSource(spec, errors);
  if (spec.hostPath?.path === '/' && spec.persistentVolumeReclaimPolicy === 'Recycle') {
    errors.push(forbidden(policyPath, "may not be 'recycle' for a hostPath mount of '/'"));
  }
  if (spec.storageClassName) validateDnsSubdomain(spec.storageClassName, specPath.child('storageClassName'), errors);
  validateOptionalOneOf(spec.volumeMode, volumeModes, specPath.child('volumeMode'), errors);
  return errors;
}

/** Where a volume is stays as it is; its affinity may be set once. */
export function validateVolumeUpdate(next: PersistentVolume, previous: PersistentVolume): FieldError[] {
  const errors: FieldError[] = [];
  const pick = (spec: PersistentVolumeSpec): object =>
    Object.fromEntries(sourceNames.map((name) => [name, spec[name]]));
  const difference = firstDifference(pick(next.spec), pick(previous.spec), 'spec');
  if (difference !== undefined) {
    const text = `spec.persistentvolumesource is immutable after creation\n  ${difference} differs`;
    errors.push(forbidden(specPath, text));
  }
  validateImmutable(next.spec.volumeMode, previous.spec.volumeMode, specPath.child('volumeMode'), errors);
  const { nodeAffinity } = previous.spec;
  if (nodeAffinity && !semanticEqual(next.spec.nodeAffinity, nodeAffinity)) {
    validateImmutable(next.spec.nodeAffinity, nodeAffinity, specPath.child('nodeAffinity'), errors);
  }
  return errors;
}

function validateCapacity(capacity: Readonly<Record<string, string>>, errors: FieldError[]): void {
  const path = specPath.child('capacity');
  const names = Object.keys(capacity);
  if (names.length === 0) errors.push(required(path));
  if (names.length > 1 || (names.length === 1 && names[0] !== 'storage')) {
    errors.push(notSupported(path, capacity, ['storage']));
  }
  for (const [name, quantity] of Object.entries(capacity)) {
    const problem = quantityProblem(quantity);
    if (problem) errors.push(invalidValue(path.key(name), quantity, problem));
    else if (parseQuantity(quantity) <= 0) errors.push(invalidValue(path.key(name), quantity, notPositiveText));
  }
}

function validateSource(spec: PersistentVolumeSpec, errors: FieldError[]): void {
  const present = sourceNames.filter((name) => spec[name] !== undefined);
  const [first, ...others] = present;
  if (first === undefined) {
    errors.push(required(specPath, 'must specify a volume type'));
    return;
  }
  for (const name of others) errors.push(forbidden(specPath.child(name), 'may not specify more than 1 volume type'));
  const path = specPath.child(first);
  const fields = { ...(spec[first] as object) } as Readonly<Record<string, unknown>>;
  for (const field of sources[first] ?? []) {
    const value = fields[field];
    if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) {
      errors.push(required(path.child(field)));
    }
  }
  const local = spec.hostPath ?? spec.local;
  if (local?.path) validateNoBacksteps(local.path, path.child('path'), errors);
  if (spec.nfs?.path && !spec.nfs.path.startsWith('/')) {
    errors.push(invalidValue(path.child('path'), spec.nfs.path, 'must be an absolute path'));
  }
  if (spec.local && !spec.nodeAffinity) {
    errors.push(missingAffinity(specPath.child('nodeAffinity'), 'Local volume requires node affinity'));
  }
}

function missingAffinity(path: FieldPath, text: string): FieldError {
  return required(path, text);
}

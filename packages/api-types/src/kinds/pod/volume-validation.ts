import type { FieldError } from '../../errors.ts';
import type { Container, PodSpec, Volume, VolumeMount } from '../../generated/types.ts';
import {
  validateDnsLabel,
  validateLocalPath,
  validateNoBacksteps,
  validateOptionalOneOf,
} from '../../validation/common.ts';
import { duplicate, forbidden, invalidValue, notFound, notSupported, required } from '../../validation/field-errors.ts';
import type { FieldPath } from '../../validation/field-path.ts';
import { validateVolumeSource, volumeSources } from './volume-source-validation.ts';

/** The volumes of a pod that are sound, by name: what mounts may refer to. */
export type VolumesByName = ReadonlyMap<string, Volume>;

const noVolumes: VolumesByName = new Map();

/** The rules of a pod's volumes. `podName` is known in pods, not in templates. */
export function validateVolumes(
  spec: PodSpec,
  podName: string | undefined,
  path: FieldPath,
  errors: FieldError[],
): VolumesByName {
  const { volumes } = spec;
  if (!volumes?.length) return noVolumes;
  const sound = new Map<string, Volume>();
  for (const [index, volume] of volumes.entries()) {
    const count = errors.length;
    const itemPath = path.index(index);
    validateSources(volume, itemPath, errors);
    const name = volume.name ?? '';
    if (!name) errors.push(required(itemPath.child('name')));
    else validateDnsLabel(name, itemPath.child('name'), errors);
    if (sound.has(name)) errors.push(duplicate(itemPath.child('name'), name));
    if (errors.length === count) sound.set(name, volume);
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim && podName && volumes.some((other) => other.ephemeral && `${podName}-${other.name}` === claim)) {
      const text = 'must not reference a PVC that gets created for an ephemeral volume';
      errors.push(invalidValue(itemPath.child('persistentVolumeClaim').child('claimName'), claim, text));
    }
  }
  return sound;
}

function validateSources(volume: Volume, path: FieldPath, errors: FieldError[]): void {
  let count = 0;
  for (const source of volumeSources) {
    if (volume[source] === undefined) continue;
    count += 1;
    if (count > 1) errors.push(forbidden(path.child(source), 'may not specify more than 1 volume type'));
    else validateVolumeSource(volume, source, path.child(source), errors);
  }
  if (count === 0) errors.push(required(path, 'must specify a volume type'));
}

const propagations: readonly string[] = ['Bidirectional', 'HostToContainer', 'None'];

/** The rules of a container's mounts and block devices. */
export function validateMounts(
  container: Container,
  volumes: VolumesByName,
  path: FieldPath,
  errors: FieldError[],
): void {
  const { volumeMounts, volumeDevices } = container;
  const seen = new Set<string>();
  const mountsPath = path.child('volumeMounts');
  for (const [index, mount] of (volumeMounts ?? []).entries()) {
    const itemPath = mountsPath.index(index);
    const { name, mountPath } = mount;
    if (!name) errors.push(required(itemPath.child('name')));
    const volume = volumes.get(name);
    if (!volume) errors.push(notFound(itemPath.child('name'), name ?? ''));
    if (!mountPath) errors.push(required(itemPath.child('mountPath')));
    if (seen.has(mountPath)) errors.push(invalidValue(itemPath.child('mountPath'), mountPath, 'must be unique'));
    seen.add(mountPath);
    validateSubPath(mount, itemPath, mountsPath, errors);
    validateMountModes(mount, container, mountsPath, errors);
  }
  if (volumeDevices) validateDevices(container, volumes, path.child('volumeDevices'), errors);
}

/** Kubernetes leaves the index out of these paths. */
function validateSubPath(mount: VolumeMount, itemPath: FieldPath, mountsPath: FieldPath, errors: FieldError[]): void {
  if (mount.subPath) validateLocalPath(mount.subPath, mountsPath.child('subPath'), errors);
  if (!mount.subPathExpr) return;
  if (mount.subPath) {
    const text = 'subPathExpr and subPath are mutually exclusive';
    errors.push(invalidValue(itemPath.child('subPathExpr'), mount.subPathExpr, text));
  }
  validateLocalPath(mount.subPathExpr, mountsPath.child('subPathExpr'), errors);
}

function validateMountModes(mount: VolumeMount, container: Container, path: FieldPath, errors: FieldError[]): void {
  const { mountPropagation, recursiveReadOnly } = mount;
  validateOptionalOneOf(mountPropagation, propagations, path.child('mountPropagation'), errors);
  if (mountPropagation === 'Bidirectional' && !container.securityContext?.privileged) {
    const text = 'Bidirectional mount propagation is available only to privileged containers';
    errors.push(forbidden(path.child('mountPropagation'), text));
  }
  if (recursiveReadOnly === undefined || recursiveReadOnly === 'Disabled') return;
  const modePath = path.child('recursiveReadOnly');
  if (recursiveReadOnly !== 'Enabled' && recursiveReadOnly !== 'IfPossible') {
    errors.push(notSupported(modePath, recursiveReadOnly, ['Disabled', 'Enabled', 'IfPossible']));
    return;
  }
  if (!mount.readOnly) errors.push(forbidden(modePath, 'may only be specified when readOnly is true'));
  if (mountPropagation !== undefined && mountPropagation !== 'None') {
    errors.push(forbidden(modePath, 'may only be specified when mountPropagation is None or not specified'));
  }
}

function validateDevices(container: Container, volumes: VolumesByName, path: FieldPath, errors: FieldError[]): void {
  const { volumeDevices = [], volumeMounts = [] } = container;
  for (const [index, { name = '', devicePath = '' }] of volumeDevices.entries()) {
    const namePath = path.index(index).child('name');
    const devicePathPath = path.index(index).child('devicePath');
    const volume = volumes.get(name);
    if (!name) errors.push(required(namePath));
    if (!volume) errors.push(notFound(namePath, name));
    else if (!volume.persistentVolumeClaim && !volume.ephemeral) {
      const text = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode';
      errors.push(invalidValue(namePath, name, text));
    }
    const earlier = volumeDevices.slice(0, index);
    if (name && earlier.some((device) => device.name === name)) {
      errors.push(invalidValue(namePath, name, 'must be unique'));
    }
    if (!devicePath) errors.push(required(devicePathPath));
    else if (earlier.some((device) => device.devicePath === devicePath)) {
      errors.push(invalidValue(devicePathPath, devicePath, 'must be unique'));
    }
    validateNoBacksteps(devicePath, devicePathPath, errors);
    if (volumeMounts.some((mount) => mount.name === name)) {
      errors.push(invalidValue(namePath, name, 'must not already exist in volumeMounts'));
    }
    if (volumeMounts.some((mount) => mount.mountPath === devicePath)) {
      errors.push(invalidValue(devicePathPath, devicePath, 'must not already exist as a path in volumeMounts'));
    }
  }
}

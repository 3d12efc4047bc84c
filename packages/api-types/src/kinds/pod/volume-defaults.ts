import type { Volume, VolumeProjection } from '../../generated/types.ts';
import { canonicalOrSame } from '../resource-lists.ts';
import { setClaimSpecDefaults } from '../storage/claim-defaults.ts';
import { defaultPullPolicy } from './pull-policy.ts';

/** 0644 */
const defaultFileMode = 420;

/** Fills in a volume what Kubernetes shows on GET; a volume without a source is an emptyDir. */
export function setVolumeDefaults(volume: Volume): void {
  if (!hasSource(volume)) volume.emptyDir = {};
  if (volume.emptyDir?.sizeLimit !== undefined) volume.emptyDir.sizeLimit = canonicalOrSame(volume.emptyDir.sizeLimit);
  if (volume.configMap) volume.configMap.defaultMode ??= defaultFileMode;
  if (volume.secret) volume.secret.defaultMode ??= defaultFileMode;
  if (volume.hostPath) volume.hostPath.type ??= '';
  if (volume.projected) {
    volume.projected.defaultMode ??= defaultFileMode;
    volume.projected.sources?.forEach(setProjectionDefaults);
  }
  if (volume.downwardAPI) {
    volume.downwardAPI.defaultMode ??= defaultFileMode;
    setDownwardDefaults(volume.downwardAPI.items);
  }
  if (volume.image) volume.image.pullPolicy ||= defaultPullPolicy(volume.image.reference ?? '');
  const claim = volume.ephemeral?.volumeClaimTemplate?.spec;
  if (claim) setClaimSpecDefaults(claim);
  setRemoteDefaults(volume);
}

function hasSource(volume: Volume): boolean {
  for (const key in volume) {
    if (key !== 'name' && volume[key as keyof Volume] !== undefined) return true;
  }
  return false;
}

function setProjectionDefaults(projection: VolumeProjection): void {
  if (projection.serviceAccountToken) projection.serviceAccountToken.expirationSeconds ??= 3600;
  setDownwardDefaults(projection.downwardAPI?.items);
}

function setDownwardDefaults(items: NonNullable<Volume['downwardAPI']>['items']): void {
  items?.forEach((item) => {
    if (item.fieldRef) item.fieldRef.apiVersion ||= 'v1';
    if (item.resourceFieldRef) item.resourceFieldRef.divisor ??= '0';
  });
}

function setRemoteDefaults(volume: Volume): void {
  if (volume.iscsi) volume.iscsi.iscsiInterface ||= 'default';
  if (volume.rbd) {
    volume.rbd.pool ||= 'rbd';
    volume.rbd.user ||= 'admin';
    volume.rbd.keyring ||= '/etc/ceph/keyring';
  }
  if (volume.azureDisk) {
    volume.azureDisk.cachingMode ??= 'ReadWrite';
    volume.azureDisk.kind ??= 'Shared';
    volume.azureDisk.fsType ??= 'ext4';
    volume.azureDisk.readOnly ??= false;
  }
  if (volume.scaleIO) {
    volume.scaleIO.storageMode ||= 'ThinProvisioned';
    volume.scaleIO.fsType ||= 'xfs';
  }
}

import type { PersistentVolumeClaimSpec } from '../../generated/types.ts';
import { canonicaliseQuantities } from '../resource-lists.ts';

/** Fills in the spec of a claim, of a pod's own volume or of a StatefulSet's template, what Kubernetes shows. */
export function setClaimSpecDefaults(spec: PersistentVolumeClaimSpec): void {
  spec.volumeMode ??= 'Filesystem';
  if (spec.resources?.requests) canonicaliseQuantities(spec.resources.requests);
  if (spec.resources?.limits) canonicaliseQuantities(spec.resources.limits);
}

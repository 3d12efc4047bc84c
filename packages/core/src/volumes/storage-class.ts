import type { PersistentVolumeClaim, StorageClass } from '@gantry/api-types';
import { annotations } from './names.ts';

/** The class of claims that name none: of several the newest, then the first by name, as in Kubernetes. Pure. */
export function defaultStorageClass(classes: readonly StorageClass[]): StorageClass | undefined {
  return classes
    .filter(isDefaultClass)
    .toSorted(
      (a, b) =>
        compareText(b.metadata.creationTimestamp, a.metadata.creationTimestamp) ||
        compareText(a.metadata.name, b.metadata.name),
    )[0];
}

/** The name of the claim's class: empty for volumes without a class, undefined where it does not say. */
export function storageClassOf(claim: PersistentVolumeClaim): string | undefined {
  return claim.metadata.annotations?.[annotations.storageClassBeta] ?? claim.spec.storageClassName;
}

/** Whether claims of the class are bound only when a pod that uses them is placed. */
export function waitsForConsumer(storageClass: StorageClass | undefined): boolean {
  return storageClass?.volumeBindingMode === 'WaitForFirstConsumer';
}

function isDefaultClass({ metadata }: StorageClass): boolean {
  const found = metadata.annotations ?? {};
  return found[annotations.isDefaultClass] === 'true' || found[annotations.isDefaultClassBeta] === 'true';
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

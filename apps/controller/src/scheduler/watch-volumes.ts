import { keyOf } from '@gantry/api-types';
import type { ClusterSnapshot, InformerSource } from '@gantry/core';

/** Keeps the snapshot told of claims, volumes and classes. Returns what unsubscribes. */
export function watchVolumes(
  informers: InformerSource,
  snapshot: ClusterSnapshot,
  onChange: () => void,
): readonly (() => void)[] {
  return [
    informers.informer('storageclasses.storage.k8s.io').onEvent(({ type, object }) => {
      const present = type === 'deleted' ? undefined : object;
      snapshot.changeVolumes((volumes) => volumes.setStorageClass(object.metadata.name, present));
      onChange();
    }),
    informers.informer('persistentvolumes').onEvent(({ type, object }) => {
      const present = type === 'deleted' ? undefined : object;
      snapshot.changeVolumes((volumes) => volumes.setVolume(object.metadata.name, present));
      onChange();
    }),
    informers.informer('persistentvolumeclaims').onEvent(({ type, object }) => {
      const present = type === 'deleted' ? undefined : object;
      snapshot.changeVolumes((volumes) => volumes.setClaim(keyOf(object), present));
      onChange();
    }),
  ];
}

import { type ObjectKey, objectKey, type Pod } from '@gantry/api-types';
import { claimKeysOf } from '../volumes/pod-claims.ts';

/** The ConfigMaps, Secrets and claims that a pod's containers, volumes and image pulls name, as object keys. */
export interface PodReferences {
  readonly configMaps: ReadonlySet<ObjectKey>;
  readonly secrets: ReadonlySet<ObjectKey>;
  readonly claims: readonly ObjectKey[];
}

/** Collects what the pod needs beside itself: a node is sent exactly these objects. */
export function referencesOf(pod: Pod): PodReferences {
  const configMaps = new Set<ObjectKey>();
  const secrets = new Set<ObjectKey>();
  const add = (set: Set<ObjectKey>, name: string | undefined) => {
    if (name) set.add(objectKey(pod.metadata.namespace, name));
  };
  for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
    for (const variable of container.env ?? []) {
      add(configMaps, variable.valueFrom?.configMapKeyRef?.name);
      add(secrets, variable.valueFrom?.secretKeyRef?.name);
    }
    for (const source of container.envFrom ?? []) {
      add(configMaps, source.configMapRef?.name);
      add(secrets, source.secretRef?.name);
    }
  }
  for (const volume of pod.spec.volumes ?? []) {
    add(configMaps, volume.configMap?.name);
    add(secrets, volume.secret?.secretName);
    for (const source of volume.projected?.sources ?? []) {
      add(configMaps, source.configMap?.name);
      add(secrets, source.secret?.name);
    }
  }
  for (const reference of pod.spec.imagePullSecrets ?? []) add(secrets, reference.name);
  return { configMaps, secrets, claims: claimKeysOf(pod) };
}

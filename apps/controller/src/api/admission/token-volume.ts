import { randomInt } from 'node:crypto';
import { objectKey, type Pod, type PodSpec, type ServiceAccount, type Volume } from '@gantry/api-types';
import type { ApiContext } from '../context.ts';
import type { AdmissionPlugin } from './admission.ts';

const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Kubernetes' odd number: an hour, and a little by which its own are told from others. */
const expirationSeconds = 3607;
const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789';
const suffixLength = 5;

/**
 * The second half of Kubernetes' ServiceAccount admission: containers find a token of the pod's account, the cluster's
 * CA and their namespace where client libraries look for them. Pods and accounts that say so are left alone, and so are
 * containers that mount something of their own there.
 */
export function tokenVolumeAdmission(objects: ApiContext['objects']): AdmissionPlugin {
  return {
    name: 'ServiceAccountToken',
    resources: ['pods'],
    admit({ operation, object }) {
      if (operation !== 'create') return undefined;
      const { metadata, spec } = object as unknown as Pod;
      const key = objectKey(metadata.namespace, spec.serviceAccountName ?? 'default');
      const account = objects.get('serviceaccounts', key)?.object as ServiceAccount | undefined;
      if (spec.automountServiceAccountToken ?? account?.automountServiceAccountToken ?? true) addTokenVolume(spec);
      return undefined;
    },
  };
}

function addTokenVolume(spec: PodSpec): void {
  const name = `kube-api-access-${randomSuffix()}`;
  let isNeeded = false;
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    if (container.volumeMounts?.some((mount) => mount.mountPath === mountPath)) continue;
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath }];
    isNeeded = true;
  }
  if (isNeeded) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

function tokenVolume(name: string): Volume {
  const namespace = { path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } };
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [namespace] } },
      ],
      defaultMode: 0o644,
    },
  };
}

function randomSuffix(): string {
  const letter = (): string => suffixLetters.charAt(randomInt(suffixLetters.length));
  return Array.from({ length: suffixLength }, letter).join('');
}

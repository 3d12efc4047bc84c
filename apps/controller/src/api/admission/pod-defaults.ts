import { type ApiError, objectKey, type Pod, type Toleration } from '@gantry/api-types';
import type { ApiContext } from '../context.ts';
import { forbidden } from '../failures.ts';
import type { ServedKind } from '../registry.ts';
import type { AdmissionPlugin } from './admission.ts';

/** The first half of Kubernetes' ServiceAccount admission; the token volume is the other half. */
export function serviceAccountAdmission(objects: ApiContext['objects']): AdmissionPlugin {
  return {
    name: 'ServiceAccount',
    resources: ['pods'],
    admit({ operation, kind, object }) {
      if (operation !== 'create') return undefined;
      const pod = object as unknown as Pod;
      const { spec, metadata } = pod;
      const name = spec.serviceAccountName || 'default';
      spec.serviceAccountName = name;
      spec.serviceAccount = name;
      const account = objects.get('serviceaccounts', objectKey(metadata.namespace, name))?.object;
      // A namespace's `default` account is made a moment after it; pods need not wait for that.
      if (!account && name !== 'default') throw missingAccount(kind, pod, name);
      const { imagePullSecrets } = (account ?? {}) as { imagePullSecrets?: { name?: string }[] };
      if (!spec.imagePullSecrets?.length && imagePullSecrets?.length) {
        spec.imagePullSecrets = imagePullSecrets.map((reference) => ({ ...reference }));
      }
      return undefined;
    },
  };
}

function missingAccount(kind: ServedKind, pod: Pod, name: string): ApiError {
  const why = `error looking up service account ${pod.metadata.namespace}/${name}: serviceaccount "${name}" not found`;
  return forbidden(kind, pod.metadata.name, why);
}

const notReady = 'node.kubernetes.io/not-ready';
const unreachable = 'node.kubernetes.io/unreachable';

/** DefaultTolerationSeconds: how long a pod stays bound to a node that is lost. */
export function tolerationSecondsAdmission(seconds: number): AdmissionPlugin {
  return {
    name: 'DefaultTolerationSeconds',
    resources: ['pods'],
    admit({ operation, object }) {
      if (operation !== 'create') return undefined;
      const { spec } = object as unknown as Pod;
      const present = spec.tolerations ?? [];
      const added = [notReady, unreachable]
        .filter((key) => !present.some((toleration) => tolerates(toleration, key)))
        .map((key): Toleration => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: seconds }));
      if (added.length > 0) spec.tolerations = [...present, ...added];
      return undefined;
    },
  };
}

function tolerates(toleration: Toleration, key: string): boolean {
  return (toleration.key === key || !toleration.key) && (toleration.effect === 'NoExecute' || !toleration.effect);
}

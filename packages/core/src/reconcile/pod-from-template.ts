import type { KubernetesObject, NewObject, Pod, PodTemplateSpec } from '@gantry/api-types';
import { controllerReference } from './owner-references.ts';

/** How the pod is named, and labels that the template does not have. */
export interface PodIdentity {
  readonly name?: string;
  readonly generateName?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A pod as the template describes it, managed by `owner`. */
export function newPodFromTemplate(
  owner: KubernetesObject,
  template: PodTemplateSpec | undefined,
  identity: PodIdentity,
): NewObject<Pod> {
  const { finalizers } = template?.metadata ?? {};
  const { namespace } = owner.metadata;
  const labels = { ...template?.metadata?.labels, ...identity.labels };
  const annotations = { ...template?.metadata?.annotations, ...identity.annotations };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...(identity.name === undefined ? {} : { name: identity.name }),
      ...(identity.generateName === undefined ? {} : { generateName: identity.generateName }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(Object.keys(labels).length > 0 ? { labels } : {}),
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
      ...(finalizers ? { finalizers: [...finalizers] } : {}),
      ownerReferences: [controllerReference(owner)],
    },
    // The server fills defaults into what it is given: each pod needs its own copy.
    spec: structuredClone(template?.spec ?? { containers: [] }),
  };
}

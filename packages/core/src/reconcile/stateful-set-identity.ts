import type { NewObject, PersistentVolumeClaim, Pod, PodTemplateSpec, StatefulSet, Volume } from '@gantry/api-types';
import { controllerRevisionHashLabel } from './controller-revisions.ts';
import { newPodFromTemplate } from './pod-from-template.ts';

export const podNameLabel = 'statefulset.kubernetes.io/pod-name';
export const podIndexLabel = 'apps.kubernetes.io/pod-index';

/** The pod's ordinal in its StatefulSet; undefined where its name is not one that the set gives. */
export function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const { name } = pod.metadata;
  const prefix = `${set.metadata.name}-`;
  const digits = name.startsWith(prefix) ? name.slice(prefix.length) : '';
  return /^(0|[1-9]\d{0,9})$/.test(digits) ? Number(digits) : undefined;
}

/** The first ordinal and how many follow. */
export function ordinalRange(set: StatefulSet): { readonly start: number; readonly count: number } {
  return { start: set.spec.ordinals?.start ?? 0, count: set.spec.replicas ?? 1 };
}

/** The labels by which a pod is known as this one of the set. */
export function identityLabels(set: StatefulSet, ordinal: number): Readonly<Record<string, string>> {
  return { [podNameLabel]: `${set.metadata.name}-${ordinal}`, [podIndexLabel]: String(ordinal) };
}

/** The pod of an ordinal, of the revision named, with its stable name, host name and claims. */
export function newStatefulPod(
  set: StatefulSet,
  ordinal: number,
  template: PodTemplateSpec,
  revisionName: string,
): NewObject<Pod> {
  const name = `${set.metadata.name}-${ordinal}`;
  const labels = { ...identityLabels(set, ordinal), [controllerRevisionHashLabel]: revisionName };
  const pod = newPodFromTemplate(set, template, { name, labels });
  const { serviceName } = set.spec;
  const volumes = claimVolumes(set, ordinal, pod.spec.volumes ?? []);
  return {
    ...pod,
    spec: {
      ...pod.spec,
      hostname: name,
      ...(serviceName ? { subdomain: serviceName } : {}),
      ...(volumes.length > 0 ? { volumes: [...volumes] } : {}),
    },
  };
}

/** The name of the claim that a template makes for an ordinal. */
export function claimName(set: StatefulSet, template: PersistentVolumeClaim, ordinal: number): string {
  return `${template.metadata.name}-${set.metadata.name}-${ordinal}`;
}

/** The claims of an ordinal: they outlive its pods, whose data they hold. */
export function newClaims(set: StatefulSet, ordinal: number): readonly NewObject<PersistentVolumeClaim>[] {
  const { namespace } = set.metadata;
  return (set.spec.volumeClaimTemplates ?? []).map((template) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: claimName(set, template, ordinal),
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...template.metadata.labels, ...set.spec.selector.matchLabels },
      ...(template.metadata.annotations ? { annotations: { ...template.metadata.annotations } } : {}),
    },
    spec: structuredClone(template.spec),
  }));
}

/** A claim template takes the place of a volume of the same name. */
function claimVolumes(set: StatefulSet, ordinal: number, present: readonly Volume[]): readonly Volume[] {
  const claimed = (set.spec.volumeClaimTemplates ?? []).map((template): Volume => {
    const name = template.metadata.name;
    return { name, persistentVolumeClaim: { claimName: claimName(set, template, ordinal) } };
  });
  return [...claimed, ...present.filter((volume) => !claimed.some(({ name }) => name === volume.name))];
}

import type { Affinity, DaemonSet, NewObject, Pod, PodSpec, Toleration } from '@gantry/api-types';
import { controllerRevisionHashLabel } from './controller-revisions.ts';
import { newPodFromTemplate } from './pod-from-template.ts';

/** What a daemon puts up with on its node: it serves the node, in good times and bad. */
const daemonTolerations: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
];

const hostNetworkToleration: Toleration = {
  key: 'node.kubernetes.io/network-unavailable',
  operator: 'Exists',
  effect: 'NoSchedule',
};

/** The template's tolerations and those that every daemon has. */
export function daemonPodTolerations(spec: PodSpec): readonly Toleration[] {
  const present = spec.tolerations ?? [];
  const added = [...daemonTolerations, ...(spec.hostNetwork ? [hostNetworkToleration] : [])];
  const isSame = (a: Toleration, b: Toleration) =>
    a.key === b.key &&
    a.effect === b.effect &&
    a.operator === b.operator &&
    a.tolerationSeconds === b.tolerationSeconds;
  return [...present, ...added.filter((toleration) => !present.some((other) => isSame(other, toleration)))];
}

/** A pod of the DaemonSet for one node. The scheduler binds it, there and nowhere else. */
export function newDaemonPod(daemonSet: DaemonSet, nodeName: string, hash: string): NewObject<Pod> {
  const pod = newPodFromTemplate(daemonSet, daemonSet.spec.template, {
    generateName: `${daemonSet.metadata.name}-`,
    labels: { [controllerRevisionHashLabel]: hash },
  });
  const affinity = pinTo(nodeName, pod.spec.affinity);
  return { ...pod, spec: { ...pod.spec, affinity, tolerations: [...daemonPodTolerations(pod.spec)] } };
}

/** The node that a daemon pod is on or meant for. */
export function nodeNameOf(pod: Pod): string | undefined {
  if (pod.spec.nodeName) return pod.spec.nodeName;
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  for (const { matchFields } of terms ?? []) {
    const field = matchFields?.find(({ key, operator }) => key === 'metadata.name' && operator === 'In');
    if (field?.values?.length === 1) return field.values[0];
  }
  return undefined;
}

/** The controller has seen to the template's own required terms: the node name takes their place. */
function pinTo(nodeName: string, affinity: Affinity | undefined): Affinity {
  const nodeSelectorTerms = [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [nodeName] }] }];
  const nodeAffinity = {
    ...affinity?.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms },
  };
  return { ...affinity, nodeAffinity };
}

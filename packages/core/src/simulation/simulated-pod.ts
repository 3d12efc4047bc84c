import {
  type Container,
  type KubernetesObject,
  kindByResource,
  type NewObject,
  type Pod,
  type PodTemplateSpec,
  systemPriorityClasses,
  type Toleration,
  type WorkloadReference,
} from '@gantry/api-types';
import { tolerates } from '../reconcile/taints.ts';
import type { PodInfo } from '../scheduler/pod-info.ts';
import type { SimulationSource } from './source.ts';

/** A pod that the simulation has to place: one that waits now, or one that a controller would make. */
export interface SimulatedPod {
  readonly pod: Pod;
  readonly info: PodInfo;
  readonly workload: WorkloadReference | undefined;
  /** Exists only in the simulation; its name is made up. */
  readonly isNew: boolean;
  readonly movedFrom: string | undefined;
  /** Of pods that are made one after the other (StatefulSets): each waits until the one before has a node. */
  readonly sequenceOf: string | undefined;
}

/** Later than every pod that exists: new pods queue behind waiting ones of their priority. */
const newPodCreatedAt = '9999-01-01T00:00:00Z';

const lostNodeTaints = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** The pod as the API would store it: defaults, priority and the tolerations that every pod gets. */
export function admitPod(source: SimulationSource, draft: NewObject<Pod>, uid: string): Pod {
  const pod = structuredClone(draft) as Pod;
  pod.metadata.uid = uid;
  pod.metadata.creationTimestamp = newPodCreatedAt;
  pod.metadata.resourceVersion = '0';
  pod.metadata.namespace ??= 'default';
  kindByResource('pods')?.setDefaults(pod);
  pod.spec.priority = priorityOf(source, pod.spec.priorityClassName);
  const present = pod.spec.tolerations ?? [];
  const missing = lostNodeTaints.filter(
    (key) => !present.some((toleration) => tolerates(toleration, { key, effect: 'NoExecute' })),
  );
  const added = missing.map((key): Toleration => ({ key, operator: 'Exists', effect: 'NoExecute' }));
  if (added.length > 0) pod.spec.tolerations = [...present, ...added];
  pod.status = { phase: 'Pending' };
  return pod;
}

function priorityOf(source: SimulationSource, name: string | undefined): number {
  const classes = source.lister('priorityclasses.scheduling.k8s.io');
  if (name) return classes.get(name)?.value ?? systemPriorityClasses.find((it) => it.name === name)?.value ?? 0;
  const defaults = classes.list().filter(({ globalDefault }) => globalDefault);
  return defaults.length === 0 ? 0 : Math.min(...defaults.map(({ value }) => value));
}

/** What a controller makes in place of a pod that is gone: like it, with the requests of the present template. */
export function successorOf(pod: Pod, template: PodTemplateSpec | undefined, name: string, uid: string): Pod {
  const { nodeName: _, ...spec } = pod.spec;
  const { deletionTimestamp: __, ...metadata } = pod.metadata;
  return {
    ...pod,
    metadata: { ...metadata, name, uid, creationTimestamp: newPodCreatedAt },
    spec: { ...spec, containers: withTemplateResources(spec.containers, template?.spec?.containers) },
    status: { phase: 'Pending' },
  };
}

/** A resize in place ends with the pod; the next one has what the template says. */
function withTemplateResources(containers: Container[], template: readonly Container[] | undefined): Container[] {
  if (!template) return containers;
  return containers.map((container) => {
    const source = template.find(({ name }) => name === container.name);
    if (!source || JSON.stringify(source.resources) === JSON.stringify(container.resources)) return container;
    return { ...container, ...(source.resources ? { resources: requestsOf(source.resources) } : {}) };
  });
}

function requestsOf(resources: NonNullable<Container['resources']>): NonNullable<Container['resources']> {
  // A limit without a request is one too.
  return { ...resources, requests: { ...resources.limits, ...resources.requests } };
}

/** A copy with another name; equal pods are parsed once. */
export function twinOf(info: PodInfo, object: KubernetesObject): PodInfo {
  const { namespace, name, uid } = object.metadata;
  return { ...info, key: `${namespace}/${name}`, uid, nodeName: undefined };
}

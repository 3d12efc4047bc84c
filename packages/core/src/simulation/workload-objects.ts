import {
  ApiError,
  type DaemonSet,
  type Deployment,
  type Job,
  type KubernetesObject,
  type OwnerReference,
  objectKey,
  type PodTemplateSpec,
  type ReplicaSet,
  type ReplicationController,
  type ResourceName,
  type StatefulSet,
  type WorkloadReference,
} from '@gantry/api-types';
import { controllerOf } from '../reconcile/owner-references.ts';
import type { SimulationSource } from './source.ts';

/** What makes pods from a template. */
export type WorkloadObject = Deployment | ReplicaSet | ReplicationController | StatefulSet | DaemonSet | Job;

/** The resource that objects of a workload's kind are. */
export const workloadResources = {
  Deployment: 'deployments.apps',
  ReplicaSet: 'replicasets.apps',
  ReplicationController: 'replicationcontrollers',
  StatefulSet: 'statefulsets.apps',
  DaemonSet: 'daemonsets.apps',
  Job: 'jobs.batch',
} as const satisfies Record<WorkloadReference['kind'], ResourceName>;

/** Whether it is one of the kinds that make pods anew. */
export function isWorkloadKind(kind: string): kind is WorkloadReference['kind'] {
  return Object.hasOwn(workloadResources, kind);
}

/** The workload named. Throws `ApiError` NotFound. */
export function findWorkload(source: SimulationSource, reference: WorkloadReference): WorkloadObject {
  const { kind, namespace = 'default', name } = reference;
  const resource = workloadResources[kind];
  const found = source.lister(resource).get(objectKey(namespace, name)) as WorkloadObject | undefined;
  if (found) return found;
  throw new ApiError('NotFound', `${resource} "${name}" not found in the namespace "${namespace}"`, {
    name,
    kind: resource,
  });
}

/** The object that a controlling reference names, where it is a workload that still exists. */
export function ownerObject(
  source: SimulationSource,
  namespace: string | undefined,
  reference: OwnerReference,
): WorkloadObject | undefined {
  if (!isWorkloadKind(reference.kind)) return undefined;
  const resource = workloadResources[reference.kind];
  const found = source.lister(resource).get(objectKey(namespace, reference.name)) as WorkloadObject | undefined;
  return found?.metadata.uid === reference.uid ? found : undefined;
}

/** The workload that a user knows a pod by: the Deployment rather than its ReplicaSet. */
export function topWorkload(source: SimulationSource, object: KubernetesObject): WorkloadObject | undefined {
  let reference = controllerOf(object);
  let found: WorkloadObject | undefined;
  while (reference) {
    const owner = ownerObject(source, object.metadata.namespace, reference);
    if (!owner) return found;
    found = owner;
    reference = controllerOf(owner);
  }
  return found;
}

/** How simulations name a workload. */
export function referenceTo(workload: WorkloadObject): WorkloadReference & { readonly namespace: string } {
  const { name, namespace = 'default' } = workload.metadata;
  return { kind: workload.kind as WorkloadReference['kind'], namespace, name };
}

/** The template its pods are made from. */
export function templateOf(workload: WorkloadObject): PodTemplateSpec {
  return workload.spec.template ?? { spec: { containers: [] } };
}

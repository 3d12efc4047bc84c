import type { KindDefinition } from './kind.ts';
import { resourceName } from './kind.ts';
import { horizontalPodAutoscalerKind } from './kinds/autoscaling/horizontal-pod-autoscaler.ts';
import { configMapKind } from './kinds/config-map.ts';
import { controllerRevisionKind } from './kinds/controller-revision.ts';
import { cronJobKind } from './kinds/cron-job.ts';
import { daemonSetKind } from './kinds/daemon-set.ts';
import { deploymentKind } from './kinds/deployment.ts';
import { endpointSliceKind } from './kinds/endpoint-slice.ts';
import { endpointsKind } from './kinds/endpoints.ts';
import { eventKind } from './kinds/event.ts';
import { jobKind } from './kinds/job.ts';
import { leaseKind } from './kinds/lease.ts';
import { namespaceKind } from './kinds/namespace.ts';
import { ingressKind } from './kinds/networking/ingress.ts';
import { ingressClassKind } from './kinds/networking/ingress-class.ts';
import { networkPolicyKind } from './kinds/networking/network-policy.ts';
import { nodeKind } from './kinds/node.ts';
import { nodePoolKind } from './kinds/node-pool.ts';
import { podKind } from './kinds/pod.ts';
import { podTemplateKind } from './kinds/pod-template.ts';
import { limitRangeKind } from './kinds/policy/limit-range.ts';
import { podDisruptionBudgetKind } from './kinds/policy/pod-disruption-budget.ts';
import { resourceQuotaKind } from './kinds/policy/resource-quota.ts';
import { priorityClassKind } from './kinds/priority-class.ts';
import { clusterRoleKind, roleKind } from './kinds/rbac/role.ts';
import { clusterRoleBindingKind, roleBindingKind } from './kinds/rbac/role-binding.ts';
import { rebalanceKind } from './kinds/rebalance.ts';
import { replicaSetKind } from './kinds/replica-set.ts';
import { replicationControllerKind } from './kinds/replication-controller.ts';
import { secretKind } from './kinds/secret.ts';
import { serviceKind } from './kinds/service.ts';
import { serviceAccountKind } from './kinds/service-account.ts';
import { statefulSetKind } from './kinds/stateful-set.ts';
import { persistentVolumeKind } from './kinds/storage/persistent-volume.ts';
import { persistentVolumeClaimKind } from './kinds/storage/persistent-volume-claim.ts';
import { storageClassKind } from './kinds/storage/storage-class.ts';
import type { KubernetesObject, ResourceName, ResourceTypes } from './resources.ts';

const definitions: { readonly [R in ResourceName]: KindDefinition<ResourceTypes[R]> } = {
  configmaps: configMapKind,
  endpoints: endpointsKind,
  events: eventKind,
  limitranges: limitRangeKind,
  namespaces: namespaceKind,
  nodes: nodeKind,
  persistentvolumeclaims: persistentVolumeClaimKind,
  persistentvolumes: persistentVolumeKind,
  pods: podKind,
  podtemplates: podTemplateKind,
  replicationcontrollers: replicationControllerKind,
  resourcequotas: resourceQuotaKind,
  secrets: secretKind,
  serviceaccounts: serviceAccountKind,
  services: serviceKind,
  'controllerrevisions.apps': controllerRevisionKind,
  'daemonsets.apps': daemonSetKind,
  'deployments.apps': deploymentKind,
  'replicasets.apps': replicaSetKind,
  'statefulsets.apps': statefulSetKind,
  'horizontalpodautoscalers.autoscaling': horizontalPodAutoscalerKind,
  'cronjobs.batch': cronJobKind,
  'jobs.batch': jobKind,
  'leases.coordination.k8s.io': leaseKind,
  'endpointslices.discovery.k8s.io': endpointSliceKind,
  'ingressclasses.networking.k8s.io': ingressClassKind,
  'ingresses.networking.k8s.io': ingressKind,
  'networkpolicies.networking.k8s.io': networkPolicyKind,
  'poddisruptionbudgets.policy': podDisruptionBudgetKind,
  'clusterrolebindings.rbac.authorization.k8s.io': clusterRoleBindingKind,
  'clusterroles.rbac.authorization.k8s.io': clusterRoleKind,
  'rolebindings.rbac.authorization.k8s.io': roleBindingKind,
  'roles.rbac.authorization.k8s.io': roleKind,
  'priorityclasses.scheduling.k8s.io': priorityClassKind,
  'storageclasses.storage.k8s.io': storageClassKind,
  'nodepools.gantry.io': nodePoolKind,
  'rebalances.gantry.io': rebalanceKind,
};

/**
 * Every served kind. The generic handlers only ever hand a definition objects of its own kind, which the erased type
 * cannot say; {@link kindOf} keeps the type.
 */
export const kinds: readonly KindDefinition[] = Object.values<unknown>(definitions) as KindDefinition[];

/** The ids of all served resources. */
export const resourceNames = Object.keys(definitions) as readonly ResourceName[];

const byResource: ReadonlyMap<string, KindDefinition> = new Map(kinds.map((kind) => [resourceName(kind), kind]));
const byGvk: ReadonlyMap<string, KindDefinition> = new Map(
  kinds.map((kind) => [gvkKey(kind.group, kind.version, kind.kind), kind]),
);

function gvkKey(group: string, version: string, kind: string): string {
  return `${group}/${version}/${kind}`;
}

/** The definition of a kind by its resource id, with its type. */
export function kindOf<R extends ResourceName>(resource: R): KindDefinition<ResourceTypes[R]> {
  return definitions[resource];
}

/** The definition by resource id (`pods`, `deployments.apps`). */
export function kindByResource(name: string): KindDefinition<KubernetesObject> | undefined {
  return byResource.get(name);
}

/** The definition by group (`''` for core), version and kind. */
export function kindByGvk(group: string, version: string, kind: string): KindDefinition | undefined {
  return byGvk.get(gvkKey(group, version, kind));
}

/** The definition by what an object says of itself (`apps/v1`, `Deployment`). */
export function kindByApiVersion(apiVersion: string, kind: string): KindDefinition | undefined {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? kindByGvk('', apiVersion, kind)
    : kindByGvk(apiVersion.slice(0, slash), apiVersion.slice(slash + 1), kind);
}

import type * as t from './generated/types.ts';

/**
 * Every served resource by its id: the plural name for the core group, else `plural.group`, as kubectl spells it
 * (`pods`, `deployments.apps`). The ids are the keys of the registry, the watch cache, the client and store prefixes.
 */
export interface ResourceTypes {
  namespaces: t.Namespace;
  nodes: t.Node;
  events: t.Event;
  pods: t.Pod;
  services: t.Service;
  endpoints: t.Endpoints;
  configmaps: t.ConfigMap;
  secrets: t.Secret;
  serviceaccounts: t.ServiceAccount;
  replicationcontrollers: t.ReplicationController;
  'replicasets.apps': t.ReplicaSet;
  'statefulsets.apps': t.StatefulSet;
  'daemonsets.apps': t.DaemonSet;
  'controllerrevisions.apps': t.ControllerRevision;
  'jobs.batch': t.Job;
  'cronjobs.batch': t.CronJob;
  'deployments.apps': t.Deployment;
  'leases.coordination.k8s.io': t.Lease;
  'endpointslices.discovery.k8s.io': t.EndpointSlice;
  limitranges: t.LimitRange;
  persistentvolumeclaims: t.PersistentVolumeClaim;
  persistentvolumes: t.PersistentVolume;
  podtemplates: t.PodTemplate;
  resourcequotas: t.ResourceQuota;
  'horizontalpodautoscalers.autoscaling': t.HorizontalPodAutoscaler;
  'ingressclasses.networking.k8s.io': t.IngressClass;
  'ingresses.networking.k8s.io': t.Ingress;
  'networkpolicies.networking.k8s.io': t.NetworkPolicy;
  'poddisruptionbudgets.policy': t.PodDisruptionBudget;
  'clusterrolebindings.rbac.authorization.k8s.io': t.ClusterRoleBinding;
  'clusterroles.rbac.authorization.k8s.io': t.ClusterRole;
  'rolebindings.rbac.authorization.k8s.io': t.RoleBinding;
  'roles.rbac.authorization.k8s.io': t.Role;
  'priorityclasses.scheduling.k8s.io': t.PriorityClass;
  'storageclasses.storage.k8s.io': t.StorageClass;
  'nodepools.gantry.io': t.NodePool;
  'rebalances.gantry.io': t.Rebalance;
}

export type ResourceName = keyof ResourceTypes;

/** Any stored object: what all kinds have in common. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: t.ObjectMeta;
}

/** Metadata as a writer supplies it; the server fills in the rest. One of `name` and `generateName` is needed. */
export type NewMetadata = Partial<t.ObjectMeta>;

/** An object as a client creates it: server-set metadata may be missing, and so may status and defaulted parts. */
export type NewObject<T extends KubernetesObject> = Omit<T, 'metadata' | 'status'> & {
  metadata: NewMetadata;
  status?: unknown;
};

/** `namespace/name`, or `name` for cluster-scoped objects: the key of caches and work queues. */
export type ObjectKey = string;

/** The cache and queue key of an object. */
export function keyOf(object: { metadata: { name: string; namespace?: string } }): ObjectKey {
  return objectKey(object.metadata.namespace, object.metadata.name);
}

/** The cache and queue key for a namespace (undefined or '' for cluster-scoped objects) and a name. */
export function objectKey(namespace: string | undefined, name: string): ObjectKey {
  return namespace ? `${namespace}/${name}` : name;
}

/** The inverse of {@link objectKey}. */
export function splitKey(key: ObjectKey): { namespace: string | undefined; name: string } {
  const slash = key.indexOf('/');
  return slash < 0
    ? { namespace: undefined, name: key }
    : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

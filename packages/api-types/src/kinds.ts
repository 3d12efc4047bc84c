import type { KindDefinition } from './kind.ts';
import { resourceName } from './kind.ts';
import { configMapKind } from './kinds/config-map.ts';
import { controllerRevisionKind } from './kinds/controller-revision.ts';
import { cronJobKind } from './kinds/cron-job.ts';
import { daemonSetKind } from './kinds/daemon-set.ts';
import { deploymentKind } from './kinds/deployment.ts';
import { endpointSliceKind } from './kinds/endpoint-slice.ts';
import { eventKind } from './kinds/event.ts';
import { jobKind } from './kinds/job.ts';
import { leaseKind } from './kinds/lease.ts';
import { namespaceKind } from './kinds/namespace.ts';
import { nodeKind } from './kinds/node.ts';
import { podKind } from './kinds/pod.ts';
import { replicaSetKind } from './kinds/replica-set.ts';
import { replicationControllerKind } from './kinds/replication-controller.ts';
import { secretKind } from './kinds/secret.ts';
import { serviceKind } from './kinds/service.ts';
import { serviceAccountKind } from './kinds/service-account.ts';
import { statefulSetKind } from './kinds/stateful-set.ts';
import type { KubernetesObject, ResourceName, ResourceTypes } from './resources.ts';

const definitions: { readonly [R in ResourceName]: KindDefinition<ResourceTypes[R]> } = {
  configmaps: configMapKind,
  events: eventKind,
  namespaces: namespaceKind,
  nodes: nodeKind,
  pods: podKind,
  replicationcontrollers: replicationControllerKind,
  secrets: secretKind,
  serviceaccounts: serviceAccountKind,
  services: serviceKind,
  'controllerrevisions.apps': controllerRevisionKind,
  'daemonsets.apps': daemonSetKind,
  'deployments.apps': deploymentKind,
  'replicasets.apps': replicaSetKind,
  'statefulsets.apps': statefulSetKind,
  'cronjobs.batch': cronJobKind,
  'jobs.batch': jobKind,
  'leases.coordination.k8s.io': leaseKind,
  'endpointslices.discovery.k8s.io': endpointSliceKind,
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

import type { KubernetesObject, OwnerReference } from '@gantry/api-types';
import { nodePoolFinalizer } from '../node-pools/pool-world.ts';
import { jobTrackingFinalizer } from '../reconcile/job-pods.ts';
import { endpointsManagedByLabel, endpointsManager } from '../reconcile/service-endpoints.ts';
import { annotations, finalizers } from '../volumes/names.ts';

/** An object of any kind, as JSON has it. */
export type AnyObject = KubernetesObject & {
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly type?: string;
};

/** What is written by the cluster, would be done once more, is told again by other objects, or is valid for it only. */
const skippedResources: ReadonlySet<string> = new Set([
  'events',
  'nodes',
  'leases',
  'controllerrevisions',
  'volumeattachments',
  'csinodes',
  'csistoragecapacities',
  'componentstatuses',
  'certificatesigningrequests',
  'rebalances',
]);
const skippedSecretTypes = new Set(['bootstrap.kubernetes.io/token', 'kubernetes.io/service-account-token']);
const ownAnnotations: ReadonlySet<string> = new Set([
  annotations.bindCompleted,
  annotations.boundByController,
  annotations.selectedNode,
  annotations.storageProvisioner,
  'volume.beta.kubernetes.io/storage-provisioner',
  'deployment.kubernetes.io/revision',
]);
const ownFinalizers: ReadonlySet<string> = new Set([
  ...Object.values(finalizers),
  nodePoolFinalizer,
  jobTrackingFinalizer,
]);
/** Where admission puts the token of the ServiceAccount, under a name of the moment. */
const tokenVolume = /^kube-api-access-/;
const generatedJobLabels = [
  'controller-uid',
  'batch.kubernetes.io/controller-uid',
  'job-name',
  'batch.kubernetes.io/job-name',
];

/** Whether objects of a resource belong into a backup at all. */
export function isBackedUp(resource: string, verbs: readonly string[]): boolean {
  return !skippedResources.has(resource) && verbs.includes('list') && verbs.includes('create');
}

/**
 * The object as a backup keeps it: what its user wrote, without what a cluster adds. Undefined where another object
 * brings it about (pods of a ReplicaSet, say), where it is over or going, and where it belongs to the cluster itself.
 */
export function toBackup(object: AnyObject): AnyObject | undefined {
  const { metadata } = object;
  if (metadata.deletionTimestamp !== undefined) return undefined;
  if ((metadata.ownerReferences ?? []).some(({ controller }) => controller)) return undefined;
  if (isOfCluster(object) || isOver(object)) return undefined;
  const { status: _, ...rest } = object as AnyObject & { status?: unknown };
  return { ...rest, metadata: userMetadata(object), ...userSpec(object) } as AnyObject;
}

function isOfCluster({ kind, metadata, type }: AnyObject): boolean {
  if (kind === 'Secret') return skippedSecretTypes.has(type ?? '');
  if (kind === 'ConfigMap') return metadata.name === 'kube-root-ca.crt';
  if (kind === 'Endpoints' && metadata.labels?.[endpointsManagedByLabel] === endpointsManager) return true;
  if (kind === 'Service' || kind === 'Endpoints' || kind === 'EndpointSlice') {
    return metadata.namespace === 'default' && metadata.name === 'kubernetes';
  }
  // A directory of one node: its claim and its contents are backed up instead.
  return kind === 'PersistentVolume' && metadata.annotations?.[annotations.provisionedBy] !== undefined;
}

/** Restoring what has ended would run it again. */
function isOver(object: AnyObject): boolean {
  const status = (object as { status?: { phase?: string; conditions?: { type: string; status: string }[] } }).status;
  if (object.kind === 'Pod') return status?.phase === 'Succeeded' || status?.phase === 'Failed';
  if (object.kind !== 'Job') return false;
  return (status?.conditions ?? []).some(
    ({ type, status: value }) => (type === 'Complete' || type === 'Failed') && value === 'True',
  );
}

/** The uid stays, by which others name their owner; a restore replaces it. */
function userMetadata({ metadata }: AnyObject): AnyObject['metadata'] {
  const { name, namespace, labels, annotations: all = {}, finalizers: kept = [], ownerReferences, uid } = metadata;
  const notes = Object.entries(all).filter(([key]) => !ownAnnotations.has(key));
  const foreign = kept.filter((finalizer) => !ownFinalizers.has(finalizer));
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    uid,
    ...(labels ? { labels } : {}),
    ...(notes.length > 0 ? { annotations: Object.fromEntries(notes) } : {}),
    ...(foreign.length > 0 ? { finalizers: foreign } : {}),
    ...(ownerReferences ? { ownerReferences } : {}),
  } as AnyObject['metadata'];
}

type Fields = Readonly<Record<string, unknown>>;

function userSpec({ kind, spec, metadata }: AnyObject): { readonly spec?: Fields } {
  if (!spec) return {};
  switch (kind) {
    case 'Namespace':
      return { spec: {} };
    case 'Pod':
      return { spec: podSpec(spec) };
    case 'PersistentVolumeClaim':
      // A claim that was bound by the controller gets another volume; one that its user bound keeps its name.
      return { spec: metadata.annotations?.[annotations.boundByController] ? without(spec, 'volumeName') : spec };
    case 'PersistentVolume':
      return { spec: { ...spec, ...claimRefOf(spec) } };
    case 'Job':
      return { spec: spec.manualSelector ? spec : jobSpec(spec) };
    default:
      return { spec };
  }
}

function without(fields: Fields, ...names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

function podSpec(spec: Fields): Fields {
  const rest = without(spec, 'nodeName', 'priority', 'preemptionPolicy', 'ephemeralContainers');
  const listOf = (value: unknown) => (Array.isArray(value) ? (value as Fields[]) : []);
  const isOwn = ({ name }: Fields) => !tokenVolume.test(String(name));
  const withoutToken = (container: Fields): Fields =>
    container.volumeMounts ? { ...container, volumeMounts: listOf(container.volumeMounts).filter(isOwn) } : container;
  return {
    ...rest,
    ...(rest.volumes ? { volumes: listOf(rest.volumes).filter(isOwn) } : {}),
    ...(rest.initContainers ? { initContainers: listOf(rest.initContainers).map(withoutToken) } : {}),
    containers: listOf(rest.containers).map(withoutToken),
  };
}

function claimRefOf(spec: Fields): Fields {
  const reference = spec.claimRef as Fields | undefined;
  return reference ? { claimRef: without(reference, 'uid', 'resourceVersion') } : {};
}

/** The selector names the Job's old uid; the API makes a new one. */
function jobSpec(spec: Fields): Fields {
  const template = spec.template as { readonly metadata?: { readonly labels?: Fields } } | undefined;
  const labels = without(template?.metadata?.labels ?? {}, ...generatedJobLabels);
  return { ...without(spec, 'selector'), template: { ...template, metadata: { ...template?.metadata, labels } } };
}

/** Kinds in the order in which others need them; what is not named comes last. */
const order = [
  'Namespace',
  'StorageClass',
  'PriorityClass',
  'ServiceAccount',
  'Secret',
  'ConfigMap',
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
  'LimitRange',
  'ResourceQuota',
  'PersistentVolume',
  'PersistentVolumeClaim',
  // Here the data of claims comes.
  'Service',
  'NetworkPolicy',
  'PodDisruptionBudget',
];

/** Whether objects of the kind must be there before the data of volumes is. */
export function comesBeforeData(kind: string): boolean {
  const place = order.indexOf(kind);
  return place >= 0 && place <= order.indexOf('PersistentVolumeClaim');
}

/** The objects in the order in which they are to be created. */
export function restoreOrder(objects: readonly AnyObject[]): AnyObject[] {
  const place = ({ kind }: AnyObject) => (order.includes(kind) ? order.indexOf(kind) : order.length);
  return objects.toSorted((a, b) => place(a) - place(b));
}

/** The object as it is created anew; owners that were not restored are left out. `newUids` is by old uid. */
export function toRestore(object: AnyObject, newUids: ReadonlyMap<string, string>): AnyObject {
  const { uid: _, ownerReferences = [], ...metadata } = object.metadata;
  const owners = ownerReferences.flatMap((reference): OwnerReference[] => {
    const uid = newUids.get(reference.uid);
    return uid === undefined ? [] : [{ ...reference, uid }];
  });
  return {
    ...object,
    metadata: { ...metadata, ...(owners.length > 0 ? { ownerReferences: owners } : {}) },
  } as AnyObject;
}

/**
 * What to create instead where the object is refused: a Service without the addresses that the old cluster gave it, then
 * without its node ports, too. A headless one stays headless.
 */
export function withoutAllocations(object: AnyObject): AnyObject[] {
  if (object.kind !== 'Service' || !object.spec) return [];
  const addresses = object.spec.clusterIP === 'None' ? [] : ['clusterIP', 'clusterIPs'];
  const moved = { ...object, spec: without(object.spec, ...addresses) };
  const spec = without(moved.spec, 'healthCheckNodePort');
  const ports = (Array.isArray(spec.ports) ? (spec.ports as Fields[]) : []).map((port) => without(port, 'nodePort'));
  const bare = { ...object, spec: { ...spec, ...(spec.ports ? { ports } : {}) } };
  const texts = new Set([JSON.stringify(object)]);
  return [moved, bare].filter((candidate) => {
    const text = JSON.stringify(candidate);
    return !texts.has(text) && texts.add(text);
  });
}

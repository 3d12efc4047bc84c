import {
  type KubernetesObject,
  keyOf,
  kindByApiVersion,
  type Namespace,
  type Node,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  type ResourceName,
  resourceName,
  type StorageClass,
} from '@gantry/api-types';
import { type DeploymentOptions, makeDeployment, makePod, makeReplicaSet } from '@gantry/api-types/testing';
import type { Lister } from '../informer/informer.ts';
import { controllerOf, controllerReference } from '../reconcile/owner-references.ts';
import { podTemplateHash, podTemplateHashLabel } from '../reconcile/pod-template-hash.ts';
import { ClusterSnapshot } from '../scheduler/snapshot.ts';
import type { SimulationSource } from '../simulation/source.ts';

/** A cluster of the objects given, as simulations read it: the snapshot holds what is bound. */
export function makeSimulationSource(objects: readonly KubernetesObject[]): SimulationSource {
  const byResource = new Map<string, KubernetesObject[]>();
  for (const object of objects) {
    const resource = resourceOf(object);
    const list = byResource.get(resource);
    if (list) list.push(object);
    else byResource.set(resource, [object]);
  }
  const snapshot = new ClusterSnapshot();
  const each = <T>(resource: ResourceName, tell: (object: T) => void) => {
    for (const object of byResource.get(resource) ?? []) tell(object as T);
  };
  each<Namespace>('namespaces', ({ metadata }) => snapshot.setNamespace(metadata.name, metadata.labels ?? {}));
  each<Node>('nodes', (node) => snapshot.setNode(node));
  each<StorageClass>('storageclasses.storage.k8s.io', (one) =>
    snapshot.changeVolumes((volumes) => volumes.setStorageClass(one.metadata.name, one)),
  );
  each<PersistentVolume>('persistentvolumes', (one) =>
    snapshot.changeVolumes((volumes) => volumes.setVolume(one.metadata.name, one)),
  );
  each<PersistentVolumeClaim>('persistentvolumeclaims', (one) =>
    snapshot.changeVolumes((volumes) => volumes.setClaim(keyOf(one), one)),
  );
  each<Pod>('pods', (pod) => snapshot.setPod(pod));
  const listers = new Map<string, Lister<never>>();
  return {
    snapshot,
    lister: (resource) => {
      const known = listers.get(resource) ?? makeLister(byResource.get(resource) ?? []);
      listers.set(resource, known as Lister<never>);
      return known as never;
    },
  };
}

function resourceOf({ apiVersion, kind }: KubernetesObject): string {
  const definition = kindByApiVersion(apiVersion, kind);
  if (!definition) throw new Error(`no resource has the kind ${kind}`);
  return resourceName(definition);
}

function makeLister(objects: readonly KubernetesObject[]): Lister<KubernetesObject> {
  const byKey = new Map(objects.map((object) => [keyOf(object), object]));
  const byOwner = new Map<string, KubernetesObject[]>();
  for (const object of objects) {
    const uid = controllerOf(object)?.uid;
    if (uid !== undefined) byOwner.set(uid, [...(byOwner.get(uid) ?? []), object]);
  }
  return {
    get: (key) => byKey.get(key),
    list: (namespace) => (namespace ? objects.filter(({ metadata }) => metadata.namespace === namespace) : objects),
    listByOwner: (uid) => byOwner.get(uid) ?? [],
    size: objects.length,
  };
}

export interface RunningOptions extends DeploymentOptions {
  /** The node of each replica; undefined: it waits. */
  readonly on: readonly (string | undefined)[];
}

/** A Deployment with its ReplicaSet and pods, running where `on` says. */
export function deploymentOf({ on, ...options }: RunningOptions): KubernetesObject[] {
  const deployment = makeDeployment({ replicas: on.length, ...options });
  const { name, namespace } = deployment.metadata;
  const { template, selector } = deployment.spec;
  const hash = podTemplateHash(template);
  const labels = { ...template.metadata?.labels, [podTemplateHashLabel]: hash };
  const common = { ...(namespace === undefined ? {} : { namespace }), labels };
  const replicaSet = makeReplicaSet({
    ...common,
    name: `${name}-${hash}`,
    ownerReferences: [controllerReference(deployment)],
    spec: { replicas: on.length, selector, template: { ...template, metadata: { labels } } },
  });
  const pods = on.map((nodeName, index) =>
    makePod({
      ...common,
      name: `${replicaSet.metadata.name}-${index}`,
      ownerReferences: [controllerReference(replicaSet)],
      spec: { ...structuredClone(template.spec), ...(nodeName === undefined ? {} : { nodeName }) },
      ...(nodeName === undefined ? {} : { isReady: true }),
    }),
  );
  return [deployment, replicaSet, ...pods];
}

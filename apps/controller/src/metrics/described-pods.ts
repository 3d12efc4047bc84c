import {
  compileLabelMap,
  compileLabelSelector,
  type Ingress,
  type LabelSelector,
  objectKey,
  type Pod,
} from '@gantry/api-types';
import type { InformerSource } from '@gantry/core';
import type { DescribedObject } from '@gantry/core/autoscaling/metrics-reader';
import { controllerOf } from '@gantry/core/reconcile/owner-references';

const workloads = {
  Deployment: 'deployments.apps',
  ReplicaSet: 'replicasets.apps',
  StatefulSet: 'statefulsets.apps',
  DaemonSet: 'daemonsets.apps',
} as const;

/** The kinds whose metrics are those of their pods added up. */
export const describedKinds = ['Pod', 'Service', 'Ingress', ...Object.keys(workloads)] as readonly DescribedKind[];

export type DescribedKind = 'Pod' | 'Service' | 'Ingress' | keyof typeof workloads;

/**
 * The pods behind an object: those that a Service selects, that the Services of an Ingress select, or that a workload
 * selects. Undefined where there is no such object, or its kind has no pods.
 */
export function podsBehind(informers: InformerSource, object: DescribedObject): readonly Pod[] | undefined {
  const { kind, namespace, name } = object;
  const key = objectKey(namespace, name);
  switch (kind) {
    case 'Pod': {
      const pod = informers.informer('pods').lister.get(key);
      return pod && [pod];
    }
    case 'Service':
      return podsOfService(informers, namespace, name);
    case 'Ingress': {
      const ingress = informers.informer('ingresses.networking.k8s.io').lister.get(key);
      if (!ingress) return undefined;
      const pods = servicesOf(ingress).flatMap((service) => podsOfService(informers, namespace, service) ?? []);
      return [...new Set(pods)];
    }
    case 'Deployment':
    case 'ReplicaSet':
    case 'StatefulSet':
    case 'DaemonSet': {
      const workload = informers.informer(workloads[kind]).lister.get(key);
      return workload && podsOfSelector(informers, namespace, workload.spec.selector);
    }
    default:
      return undefined;
  }
}

function podsOfService(informers: InformerSource, namespace: string, name: string): readonly Pod[] | undefined {
  const service = informers.informer('services').lister.get(objectKey(namespace, name));
  const { selector } = service?.spec ?? {};
  if (!selector || Object.keys(selector).length === 0) return service && [];
  const { matches } = compileLabelMap(selector);
  return informers
    .informer('pods')
    .lister.list(namespace)
    .filter(({ metadata }) => matches(metadata.labels));
}

function podsOfSelector(
  informers: InformerSource,
  namespace: string,
  selector: LabelSelector | undefined,
): readonly Pod[] {
  const { matches } = compileLabelSelector(selector);
  const pods = informers.informer('pods').lister.list(namespace);
  // Another owner's pods may have the same labels; those of a Deployment are its ReplicaSets'.
  return pods.filter((pod) => matches(pod.metadata.labels) && controllerOf(pod) !== undefined);
}

function servicesOf({ spec }: Ingress): string[] {
  const backends = [
    spec?.defaultBackend,
    ...(spec?.rules ?? []).flatMap(({ http }) => (http?.paths ?? []).map(({ backend }) => backend)),
  ];
  return [...new Set(backends.flatMap((backend) => backend?.service?.name ?? []))];
}

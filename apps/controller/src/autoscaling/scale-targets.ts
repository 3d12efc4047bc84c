import {
  type CompiledSelector,
  compileLabelMap,
  compileLabelSelector,
  type HorizontalPodAutoscaler,
  type LabelSelector,
  objectKey,
  type ResourceName,
} from '@gantry/api-types';
import type { InformerSource } from '@gantry/core';
import { findServedResource } from '../controllers/served-resources.ts';

/** The kinds that scale, whose selectors are known without asking for their scale. */
const scalableResources = [
  'deployments.apps',
  'replicasets.apps',
  'statefulsets.apps',
  'replicationcontrollers',
] as const satisfies readonly ResourceName[];

/** The resource that an autoscaler's `scaleTargetRef` names, or why there is none, in Kubernetes' words. */
export function scaleTargetResource({ spec }: HorizontalPodAutoscaler): ResourceName | { readonly error: string } {
  const { apiVersion = '', kind } = spec.scaleTargetRef;
  const served = findServedResource(apiVersion, kind);
  if (served?.isNamespaced) return served.resource;
  const [group = ''] = apiVersion.includes('/') ? apiVersion.split('/') : [''];
  return { error: `no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}` };
}

/** Answers what the target of an autoscaler selects, from memory; undefined where the target does not exist. */
export function createTargetSelectors(
  informers: InformerSource,
): (autoscaler: HorizontalPodAutoscaler) => CompiledSelector | undefined {
  const listers = new Map<string, { get(key: string): { spec?: unknown } | undefined }>(
    scalableResources.map((resource) => [resource, informers.informer(resource).lister]),
  );
  return (autoscaler) => {
    const resource = scaleTargetResource(autoscaler);
    if (typeof resource !== 'string') return undefined;
    const { namespace } = autoscaler.metadata;
    const target = listers.get(resource)?.get(objectKey(namespace, autoscaler.spec.scaleTargetRef.name));
    const selector = (target?.spec as { selector?: object } | undefined)?.selector;
    if (!selector) return undefined;
    if (resource === 'replicationcontrollers') return compileLabelMap(selector as Record<string, string>);
    return compileLabelSelector(selector as LabelSelector);
  };
}

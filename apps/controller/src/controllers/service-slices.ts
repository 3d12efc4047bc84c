import { type EndpointSlice, type ObjectKey, objectKey, type Service } from '@gantry/api-types';
import type { ApiClient } from '@gantry/core';
import {
  type EndpointSlicePlan,
  endpointSliceManager,
  managedByLabel,
  serviceNameLabel,
} from '@gantry/core/reconcile/endpoint-slices';
import { isNamespaceTerminating } from './controller.ts';

/** What the Service selects pods by; undefined where its endpoints are the user's to write. */
export function selectorOf(service: Service): Record<string, string> | undefined {
  const { selector, type } = service.spec;
  return type === 'ExternalName' || !selector || Object.keys(selector).length === 0 ? undefined : selector;
}

/** The key of the Service whose slice this is, where `manager` (that of slices made from pods) manages it. */
export function ownedService(slice: EndpointSlice, manager: string = endpointSliceManager): ObjectKey | undefined {
  const labels = slice.metadata.labels ?? {};
  const service = labels[serviceNameLabel];
  return labels[managedByLabel] === manager && service ? objectKey(slice.metadata.namespace, service) : undefined;
}

/** Carries a plan out; in a namespace that is going away nothing is written, only deleted. */
export async function applySlices(client: ApiClient, plan: EndpointSlicePlan): Promise<void> {
  try {
    for (const slice of plan.create) await client.create('endpointslices.discovery.k8s.io', slice);
    for (const slice of plan.update) await client.update('endpointslices.discovery.k8s.io', slice);
  } catch (error) {
    if (isNamespaceTerminating(error)) return;
    throw error;
  }
  for (const { metadata } of plan.delete) {
    const preconditions = { uid: metadata.uid };
    await client.delete('endpointslices.discovery.k8s.io', metadata.namespace, metadata.name, { preconditions });
  }
}

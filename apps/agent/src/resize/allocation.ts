import type { Container, Pod, ResourceRequirements } from '@gantry/api-types';
import { isSidecar } from '../pod/pod-containers.ts';

/** The resources that a resize may change, by container. */
export type Allocation = ReadonlyMap<string, ResourceRequirements>;

const resizable = ['cpu', 'memory'] as const;

/** The containers whose resources may be changed while they run: the regular ones and the sidecars. */
export function resizableContainers(pod: Pod): Container[] {
  return [...(pod.spec.initContainers ?? []).filter(isSidecar), ...pod.spec.containers];
}

/** What the spec asks for. */
export function desiredAllocation(pod: Pod): Allocation {
  return new Map(resizableContainers(pod).map(({ name, resources }) => [name, resources ?? {}]));
}

/** What an earlier life of this agent granted, as the pod's status tells; the spec's where it does not. */
export function recallAllocation(pod: Pod): Allocation {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  const statuses = new Map([...initContainerStatuses, ...containerStatuses].map((status) => [status.name, status]));
  return new Map(
    resizableContainers(pod).map(({ name, resources = {} }) => {
      const { allocatedResources: requests, resources: shown } = statuses.get(name) ?? {};
      return [name, requests && shown ? { requests, limits: shown.limits ?? {} } : resources];
    }),
  );
}

/** Equal for allocations that mean the same cpu and memory, however these are written in order. */
export function allocationKey(allocation: Allocation): string {
  return JSON.stringify(
    [...allocation].map(([name, { requests = {}, limits = {} }]) => [
      name,
      ...resizable.flatMap((resource) => [requests[resource], limits[resource]]),
    ]),
  );
}

/** The pod as this node runs it: with the resources that it was granted, which may not be those of its spec yet. */
export function allocatedPod(pod: Pod, allocation: Allocation): Pod {
  const withGranted = (container: Container): Container => {
    const granted = allocation.get(container.name);
    if (!granted) return container;
    const { requests, limits } = container.resources ?? {};
    const resources = { ...container.resources };
    const merged = { requests: merge(requests, granted.requests), limits: merge(limits, granted.limits) };
    return { ...container, resources: { ...resources, ...merged } };
  };
  const { initContainers } = pod.spec;
  const containers = pod.spec.containers.map(withGranted);
  const inits = initContainers ? { initContainers: initContainers.map(withGranted) } : {};
  return { ...pod, spec: { ...pod.spec, containers, ...inits } };
}

/** Cpu and memory of the second list, the rest of the first. */
function merge(
  own: Readonly<Record<string, string>> = {},
  granted: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const merged: Record<string, string> = { ...own };
  for (const resource of resizable) {
    delete merged[resource];
    const amount = granted[resource];
    if (amount !== undefined) merged[resource] = amount;
  }
  return merged;
}

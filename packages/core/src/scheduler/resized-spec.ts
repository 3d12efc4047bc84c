import type { Container, ContainerStatus, Pod, PodSpec } from '@gantry/api-types';
import { compareQuantities } from '@gantry/api-types/quantity';

type ResourceList = Readonly<Record<string, string>>;

/**
 * The spec by which a pod takes room on its node. While a container is resized in place it takes the larger of what its
 * spec asks for and what its status says it has; where the node can never grant a resize, only what it has. Containers
 * whose status says nothing else, which is nearly all, share the pod's own spec.
 */
export function specInForce({ spec, status }: Pod): PodSpec {
  const statuses = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  if (statuses.length === 0) return spec;
  const isInfeasible = status?.conditions?.some(
    ({ type, reason }) => type === 'PodResizePending' && reason === 'Infeasible',
  );
  const byName = new Map(statuses.map((container) => [container.name, container]));
  const inForce = (container: Container): Container => containerInForce(container, byName, isInfeasible === true);
  const containers = sameOr(spec.containers, spec.containers.map(inForce));
  const initContainers = spec.initContainers && sameOr(spec.initContainers, spec.initContainers.map(inForce));
  if (containers === spec.containers && initContainers === spec.initContainers) return spec;
  return { ...spec, containers, ...(initContainers ? { initContainers } : {}) };
}

function sameOr(before: Container[], after: Container[]): Container[] {
  return after.every((container, index) => container === before[index]) ? before : after;
}

function containerInForce(
  container: Container,
  statuses: ReadonlyMap<string, ContainerStatus>,
  isInfeasible: boolean,
): Container {
  const status = statuses.get(container.name);
  const has = [status?.resources?.requests, status?.allocatedResources].filter((list) => list !== undefined);
  if (has.length === 0) return container;
  const requests = container.resources?.requests ?? {};
  const raised = has.reduce(largerOf, isInfeasible ? {} : requests);
  return raised === requests
    ? container
    : { ...container, resources: { ...container.resources, requests: { ...raised } } };
}

/** The larger amount of each resource; `a` itself where it is nowhere exceeded. */
function largerOf(a: ResourceList, b: ResourceList): ResourceList {
  let result = a;
  for (const [name, amount] of Object.entries(b)) {
    const present = result[name];
    if (present === amount || (present !== undefined && compareQuantities(present, amount) >= 0)) continue;
    result = { ...result, [name]: amount };
  }
  return result;
}

import type { ContainerStatus, Pod } from '@gantry/api-types';

export function isPodReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
}

/** How often the pod's containers were started again. */
export function restartsOf({ status }: Pod): number {
  return (status?.containerStatuses ?? []).reduce((total, { restartCount }) => total + restartCount, 0);
}

/** Why a container waits, or an init container before it; undefined where nothing does. */
export function waitingOf({ status }: Pod): NonNullable<ContainerStatus['state']>['waiting'] {
  const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return statuses.map(({ state }) => state?.waiting).find((waiting) => waiting !== undefined);
}

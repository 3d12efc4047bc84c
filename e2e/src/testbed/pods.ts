import type { ContainerStatus, Pod } from '@gantry/api-types';

/**
 * For pods of tests about the return of an agent or a host, which may take long on a busy machine: without them a pod
 * of a lost node goes after five seconds.
 */
export const stayOnLostNode = ['not-ready', 'unreachable'].map((condition) => ({
  key: `node.kubernetes.io/${condition}`,
  operator: 'Exists' as const,
  effect: 'NoExecute' as const,
}));

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

/**
 * The containers that ended by themselves, or for want of memory, and were started again. Not those that a probe had
 * ended (a program that is told to end says 0, or is killed): probes time out where a machine has far more to do than
 * it can.
 */
export function brokenContainersOf({ metadata, status }: Pod): string[] {
  return (status?.containerStatuses ?? []).flatMap(({ name, lastState }) => {
    const { exitCode = 0, reason = '' } = lastState?.terminated ?? {};
    const wasEnded = [0, 137, 143].includes(exitCode) && reason !== 'OOMKilled';
    return wasEnded ? [] : [`${metadata.name}/${name}: ${reason} ${exitCode}`];
  });
}

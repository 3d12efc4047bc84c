import type { Container, EphemeralContainer, Pod } from '@gantry/api-types';

/**
 * What a container is to its pod. `sandbox` is the pause container of a pod with several: it is in no spec.
 */
export type ContainerKind = 'init' | 'sidecar' | 'regular' | 'ephemeral' | 'sandbox';

/** The name of the pause container, as the kubelet called it: no container of a spec can be called so. */
export const sandboxName = 'POD';

export interface PodContainer {
  readonly kind: ContainerKind;
  readonly container: Container | EphemeralContainer;
}

/** The containers of the spec: init containers and sidecars in their order, then the regular, then the ephemeral ones. */
export function containersOf(pod: Pod): PodContainer[] {
  const { initContainers = [], containers, ephemeralContainers = [] } = pod.spec;
  return [
    ...initContainers.map((container) => ({ kind: isSidecar(container) ? 'sidecar' : 'init', container }) as const),
    ...containers.map((container) => ({ kind: 'regular', container }) as const),
    ...ephemeralContainers.map((container) => ({ kind: 'ephemeral', container }) as const),
  ];
}

/** The container of that name in the spec. */
export function findContainer(pod: Pod, name: string): PodContainer | undefined {
  return containersOf(pod).find(({ container }) => container.name === name);
}

/** A restartable init container: runs beside the regular ones, from before they start until after they end. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

/**
 * Whether a pause container holds the pod's namespaces. Init containers run one after another, so that a pod with one
 * container besides them needs none; it would cost the engine a container and the pod its time.
 */
export function needsSandbox(pod: Pod): boolean {
  const { initContainers = [], containers, shareProcessNamespace, hostPID, hostNetwork, hostIPC } = pod.spec;
  // Process 1 of a shared process namespace is the pause container: it reaps orphans and outlives every other.
  if (shareProcessNamespace && !hostPID) return true;
  if (hostNetwork && hostIPC) return false;
  return containers.length + initContainers.filter(isSidecar).length > 1;
}

/** The name under which the namespaces of a pod without a pause container are found: its one long-running container. */
export function mainContainerName(pod: Pod): string {
  return pod.spec.containers[0]?.name ?? '';
}

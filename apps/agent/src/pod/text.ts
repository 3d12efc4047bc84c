import type { Pod } from '@gantry/api-types';
import type { ContainerKind } from './pod-containers.ts';

/** RFC 3339 in UTC with whole seconds, as Kubernetes writes times; the epoch where the time is not known. */
export function formatTime(ms: number | undefined): string {
  return `${new Date(Math.floor((ms ?? 0) / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}

/** `name_namespace(uid)`, as Kubernetes' messages call a pod. */
export function podFullName(pod: Pod): string {
  const { name, namespace = 'default', uid } = pod.metadata;
  return `${name}_${namespace}(${uid})`;
}

/** The `fieldPath` of an event about one container. */
export function containerFieldPath(name: string, kind: ContainerKind): string {
  switch (kind) {
    case 'init':
    case 'sidecar':
      return `spec.initContainers{${name}}`;
    case 'ephemeral':
      return `spec.ephemeralContainers{${name}}`;
    case 'regular':
    case 'sandbox':
      return `spec.containers{${name}}`;
  }
}

import type { Container, Pod, PodSpec } from '@gantry/api-types';
import { parsePodRequests } from '@gantry/core/scheduler/pod-requests';
import { cpuQuotaOf } from '../pod/resources.ts';

/** The settings of a pod's cgroup, above those of its containers. */
export interface PodLimits {
  /** What it asks for: its weight beside other pods. */
  readonly milliCpu: number;
  /** Microseconds per 100 ms; undefined where a container has no limit. */
  readonly cpuQuota: number | undefined;
  readonly memoryBytes: number | undefined;
}

/** The sums over the pod's containers, as Kubernetes adds them; a limit only where each container has one. Pure. */
export function podLimits(pod: Pod): PodLimits {
  const { spec } = pod;
  const requests = sumOf(spec, ({ resources }) => ({ ...resources?.limits, ...resources?.requests }));
  const limits = sumOf(spec, ({ resources }) => ({ ...resources?.limits }));
  const isLimited = (name: string) =>
    [...(spec.initContainers ?? []), ...spec.containers].every(
      ({ resources }) => resources?.limits?.[name] !== undefined,
    );
  return {
    milliCpu: requests.milliCpu,
    cpuQuota: isLimited('cpu') ? cpuQuotaOf(limits.milliCpu) : undefined,
    memoryBytes: isLimited('memory') && limits.memoryBytes > 0 ? limits.memoryBytes : undefined,
  };
}

function sumOf(spec: PodSpec, listOf: (container: Container) => Record<string, string>) {
  const counted = (container: Container): Container => {
    const { cpu, memory } = listOf(container);
    const requests = { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) };
    return { ...container, resources: { requests } };
  };
  const { resources: _, overhead: __, ...rest } = spec;
  return parsePodRequests({
    ...rest,
    containers: spec.containers.map(counted),
    initContainers: (spec.initContainers ?? []).map(counted),
  }).requests;
}

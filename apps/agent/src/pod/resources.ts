import type { Container, Pod } from '@gantry/api-types';
import { parseBytes, parseCpuMilli } from '@gantry/api-types/quantity';
import { qosClassOf } from '@gantry/core/pod/qos-class';
import type { ContainerResources } from '../runtime/container-runtime.ts';

export interface ResourceFacts {
  /** Memory of the node, the scale of the out-of-memory scores. */
  readonly nodeMemoryBytes: number;
  /** The lowest score the engine may set: 0 where it lacks CAP_SYS_RESOURCE. */
  readonly lowestOomScoreAdj: number;
  readonly podPidsLimit?: number;
}

const minShares = 2;
const maxShares = 262_144;
const quotaPeriod = 100_000;
const minQuota = 1000;
/** The engine refuses smaller memory settings. */
const minReservationBytes = 6 * 1024 * 1024;

/** The cgroup settings of a container: what its requests and limits say, as the kubelet computes it. Pure. */
export function containerResources(pod: Pod, container: Container, facts: ResourceFacts): ContainerResources {
  const { requests = {}, limits = {} } = container.resources ?? {};
  const cpuRequest = requests.cpu ?? limits.cpu;
  const memoryRequest = requests.memory ?? limits.memory;
  const memoryLimit = limits.memory === undefined ? 0 : parseBytes(limits.memory);
  const cpuQuota = limits.cpu === undefined ? undefined : cpuQuotaOf(parseCpuMilli(limits.cpu));
  const reservation = memoryRequest === undefined ? 0 : parseBytes(memoryRequest);
  return {
    ...(memoryLimit > 0 ? { memoryBytes: memoryLimit, memorySwapBytes: memoryLimit } : {}),
    ...(reservation >= minReservationBytes ? { memoryReservationBytes: reservation } : {}),
    cpuShares: cpuSharesOf(cpuRequest === undefined ? 0 : parseCpuMilli(cpuRequest)),
    ...(cpuQuota === undefined ? {} : { cpuQuota }),
    ...(facts.podPidsLimit === undefined ? {} : { pidsLimit: facts.podPidsLimit }),
    oomScoreAdj: Math.max(oomScoreAdj(pod, reservation, facts.nodeMemoryBytes), facts.lowestOomScoreAdj),
  };
}

/** cgroup v1 cpu shares for milli-cpu. */
export function cpuSharesOf(milliCpu: number): number {
  return Math.min(maxShares, Math.max(minShares, Math.floor((milliCpu * 1024) / 1000)));
}

/** Microseconds per period of 100 ms for milli-cpu; undefined for none. */
export function cpuQuotaOf(milliCpu: number): number | undefined {
  return milliCpu > 0 ? Math.max(minQuota, (milliCpu * quotaPeriod) / 1000) : undefined;
}

function oomScoreAdj(pod: Pod, memoryRequestBytes: number, nodeMemoryBytes: number): number {
  switch (qosClassOf(pod)) {
    case 'Guaranteed':
      return -997;
    case 'BestEffort':
      return 1000;
    case 'Burstable': {
      // The more it asked for, the later it goes; always after BestEffort and before Guaranteed pods.
      const score = 1000 - Math.floor((1000 * memoryRequestBytes) / nodeMemoryBytes);
      return Math.min(999, Math.max(3, score));
    }
  }
}

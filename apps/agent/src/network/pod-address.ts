import type { Pod } from '@gantry/api-types';
import { parseBandwidth } from '@gantry/core/network/bandwidth';
import { hasHostPorts } from './host-ports.ts';
import type { PodAddress } from './pod-link.ts';

/** What the link of a pod is made from. Throws where an annotation is no rate. */
export function podAddressOf(pod: Pod, ip: string, containerId: string): PodAddress {
  const { namespace = 'default', name, annotations } = pod.metadata;
  return {
    ip,
    containerId,
    podName: `${namespace}/${name}`,
    bandwidth: parseBandwidth(annotations),
    isReachedFromLoopback: hasHostPorts(pod),
  };
}

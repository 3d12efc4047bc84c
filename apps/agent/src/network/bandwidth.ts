import type { PodBandwidth } from '@gantry/core/network/bandwidth';
import type { NetworkNamespace } from './container-namespace.ts';
import { mustRunTool } from './run-tool.ts';

/** What may pass at once, at the least: a packet that segmentation offload has put together must fit. */
const minBurstBytes = 32 * 1024;
const burstSeconds = 0.01;

/**
 * Shapes both directions by token buckets: what goes to the pod where it leaves the host, and what comes from it where
 * it leaves the pod, so that senders are slowed and not cut off. A pod with NET_ADMIN can undo the latter.
 */
export async function limitBandwidth(link: string, namespace: NetworkNamespace, limits: PodBandwidth): Promise<void> {
  const { ingressBitsPerSecond: ingress, egressBitsPerSecond: egress } = limits;
  if (ingress !== undefined) await mustRunTool('tc', qdisc(link, ingress));
  if (egress !== undefined) {
    await mustRunTool('nsenter', ['--net=/proc/self/fd/3', 'tc', ...qdisc('eth0', egress)], { fd: namespace.fd });
  }
}

function qdisc(link: string, bitsPerSecond: number): string[] {
  const burst = Math.max(minBurstBytes, Math.ceil((bitsPerSecond / 8) * burstSeconds));
  const tbf = ['tbf', 'rate', `${Math.round(bitsPerSecond)}bit`, 'burst', `${burst}b`, 'latency', '50ms'];
  return ['qdisc', 'replace', 'dev', link, 'root', ...tbf];
}

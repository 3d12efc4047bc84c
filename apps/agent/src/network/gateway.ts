import { readFile, writeFile } from 'node:fs/promises';
import { formatIp, parseCidr } from '@gantry/core/network/pod-cidr';
import type { NetworkNames } from './names.ts';
import type { ToolBatch } from './tool-batch.ts';

/** The first address of the pod CIDR: the host, as the node's pods see it. */
export function gatewayOf(podCidr: string): string {
  const cidr = parseCidr(podCidr);
  if (!cidr) throw new Error(`the pod CIDR ${podCidr} is not an IPv4 range`);
  return formatIp(cidr.base + 1);
}

/**
 * What the node's pods share on the host: the gateway's address, on a link that nothing is plugged into, and a route
 * that refuses what is sent to addresses of the pod CIDR without a pod, so that callers learn at once. Repeatable.
 */
export async function ensureGateway(batch: ToolBatch, names: NetworkNames, podCidr: string): Promise<void> {
  const { gatewayLink, routeMetric } = names;
  await batch.run([
    `-link add ${gatewayLink} type bridge`,
    `address replace ${gatewayOf(podCidr)}/32 dev ${gatewayLink}`,
    `link set dev ${gatewayLink} up`,
    `route replace unreachable ${podCidr} metric ${routeMetric}`,
  ]);
  const forward = '/proc/sys/net/ipv4/ip_forward';
  if ((await readFile(forward, 'utf8')).trim() !== '1') await writeFile(forward, '1');
}

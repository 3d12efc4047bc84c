import { gatewayOf } from './gateway.ts';
import type { NetworkNames } from './names.ts';
import type { NftTable } from './nft.ts';

/**
 * The pod network's part of the node's table. Repeatable: chains are written anew in one transaction, sets and maps
 * keep what is in them.
 *
 * - `pod_cidrs`: where pods are; what goes there keeps its source address.
 * - `hostports`, `hostports_by_ip`: ports of the host that are led to pods.
 * - `hairpins`: pairs of twice the same address, for pods that reach themselves by way of the host.
 */
export async function writeNodeRules(table: NftTable, names: NetworkNames, podCidr: string): Promise<void> {
  const { ref } = table;
  const { linkPrefix, vxlanLink } = names;
  const podLinks = `"${linkPrefix}p*"`;
  const chain = (name: string, hook: string, rules: readonly string[]) => [
    `add chain ${ref} ${name}${hook === '' ? '' : ` { type ${hook}; policy accept; }`}`,
    `flush chain ${ref} ${name}`,
    ...rules.map((rule) => `add rule ${ref} ${name} ${rule}`),
  ];
  const lines = [
    podCidrsSet(table),
    `add element ${ref} pod_cidrs { ${podCidr} }`,
    `add set ${ref} hairpins { type ipv4_addr . ipv4_addr; }`,
    `add map ${ref} hostports { type inet_proto . inet_service : ipv4_addr . inet_service; }`,
    `add map ${ref} hostports_by_ip { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }`,
    ...chain('hostports', '', [
      'dnat ip to ip daddr . meta l4proto . th dport map @hostports_by_ip',
      'dnat ip to meta l4proto . th dport map @hostports',
    ]),
    ...chain('hostports_prerouting', 'nat hook prerouting priority dstnat', ['fib daddr type local jump hostports']),
    ...chain('hostports_output', 'nat hook output priority -100', ['fib daddr type local jump hostports']),
    ...chain('pods_postrouting', 'nat hook postrouting priority srcnat', [
      `ip saddr ${podCidr} ip daddr != @pod_cidrs masquerade`,
      `ip saddr . ip daddr @hairpins snat to ${gatewayOf(podCidr)}`,
      `ip saddr 127.0.0.0/8 oifname ${podLinks} snat to ${gatewayOf(podCidr)}`,
    ]),
    // Links of pods with host ports take traffic from 127.0.0.1 of the host: none may go there from a pod.
    ...chain('pods_loopback', 'filter hook prerouting priority raw', [`iifname ${podLinks} ip daddr 127.0.0.0/8 drop`]),
    // Both ends do so for what they send, so that each learns what fits into the other's packets.
    ...chain('pods_vxlan', 'filter hook forward priority mangle', [
      `oifname "${vxlanLink}" tcp flags syn tcp option maxseg size set rt mtu`,
    ]),
  ];
  await table.apply(lines.join('\n'));
}

/** Where pods of the cluster are, beside this node's own. */
export async function writePodCidrs(table: NftTable, cidrs: readonly string[]): Promise<void> {
  const { ref } = table;
  const element = `add element ${ref} pod_cidrs { ${cidrs.join(', ')} }`;
  await table.apply(`${podCidrsSet(table)}\nflush set ${ref} pod_cidrs\n${element}`);
}

function podCidrsSet({ ref }: NftTable): string {
  return `add set ${ref} pod_cidrs { type ipv4_addr; flags interval; auto-merge; }`;
}

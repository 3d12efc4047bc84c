import type { AllowRule, NumberedPort, PodIsolation } from '@gantry/core/network/pod-isolation';

/** Chains of single pods begin like this; what else begins so is left over. */
export const policyChainPrefix = 'policy_pod_';

/**
 * The commands that make the table carry out the policies of the node's pods, in one transaction that replaces what
 * `oldChains` (the chains with {@link policyChainPrefix} that are there) did. Pure; `chains` are the new ones.
 *
 * What a pod may not send or get is dropped where it is forwarded; what the host itself sends (probes) is not asked.
 * Answers of connections that were allowed pass. The pod's own chain returns for what is allowed, so that the chain of
 * the pod at the other end is asked, too.
 */
export function policyScript(
  ref: string,
  isolations: readonly PodIsolation[],
  oldChains: readonly string[],
): { readonly script: string; readonly chains: readonly string[] } {
  const chains: string[] = [];
  const lines = [...frame(ref), ...oldChains.map((name) => `delete chain ${ref} ${name}`)];
  for (const { ip, ingress, egress } of isolations) {
    for (const [direction, rules] of [
      ['ingress', ingress],
      ['egress', egress],
    ] as const) {
      if (!rules) continue;
      const chain = `${policyChainPrefix}${direction}_${ip.replaceAll('.', '_')}`;
      chains.push(chain);
      lines.push(`add chain ${ref} ${chain}`);
      const peer = direction === 'ingress' ? 'saddr' : 'daddr';
      for (const match of rules.flatMap((rule) => matchesOf(rule, peer)))
        lines.push(`add rule ${ref} ${chain} ${`${match} return`.trim()}`);
      lines.push(`add rule ${ref} ${chain} drop`);
      lines.push(`add element ${ref} policy_${direction} { ${ip} : jump ${chain} }`);
    }
  }
  return { script: lines.join('\n'), chains };
}

function frame(ref: string): string[] {
  return [
    `add set ${ref} hairpins { type ipv4_addr . ipv4_addr; }`,
    `add map ${ref} policy_ingress { type ipv4_addr : verdict; }`,
    `add map ${ref} policy_egress { type ipv4_addr : verdict; }`,
    `add chain ${ref} policies { type filter hook forward priority filter - 5; policy accept; }`,
    `flush chain ${ref} policies`,
    `flush map ${ref} policy_ingress`,
    `flush map ${ref} policy_egress`,
    `add rule ${ref} policies ct state established,related accept`,
    // No policy keeps a pod from itself.
    `add rule ${ref} policies ip saddr . ip daddr @hairpins accept`,
    `add rule ${ref} policies ip saddr vmap @policy_egress`,
    `add rule ${ref} policies ip daddr vmap @policy_ingress`,
  ];
}

/** Every combination of an alternative of the peers with one of the ports; '' matches everything. */
function matchesOf({ peers, ports }: AllowRule, side: 'saddr' | 'daddr'): string[] {
  const alternatives = peers ? peerMatches(peers, side) : [''];
  const portMatches = ports ? portMatchesOf(ports) : [''];
  return alternatives.flatMap((peer) => portMatches.map((port) => `${peer} ${port}`.trim()));
}

function peerMatches({ ips, blocks }: NonNullable<AllowRule['peers']>, side: 'saddr' | 'daddr'): string[] {
  const single = ips.filter(isIpv4);
  return [
    ...(single.length > 0 ? [`ip ${side} { ${single.join(', ')} }`] : []),
    // One rule a block: blocks may overlap, which a set of ranges may not.
    ...blocks
      .filter(({ cidr }) => isIpv4(cidr))
      .map(({ cidr, except }) =>
        [`ip ${side} ${cidr}`, ...except.filter(isIpv4).map((each) => `ip ${side} != ${each}`)].join(' '),
      ),
  ];
}

function portMatchesOf(ports: readonly NumberedPort[]): string[] {
  const matches: string[] = [];
  for (const protocol of ['tcp', 'udp', 'sctp'] as const) {
    const own = ports.filter((port) => port.protocol === protocol);
    if (own.some(({ port }) => port === undefined)) {
      matches.push(`meta l4proto ${protocol}`);
      continue;
    }
    const single = new Set(own.filter(({ endPort }) => endPort === undefined).map(({ port }) => port));
    if (single.size > 0) matches.push(`${protocol} dport { ${[...single].join(', ')} }`);
    for (const { port, endPort } of own)
      if (endPort !== undefined) matches.push(`${protocol} dport ${port}-${endPort}`);
  }
  return matches;
}

/** Pods have IPv4 addresses only. */
function isIpv4(address: string): boolean {
  return !address.includes(':');
}

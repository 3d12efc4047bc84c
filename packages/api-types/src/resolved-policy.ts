import type { LabelSelector } from './generated/types.ts';

export interface AddressBlock {
  /** CIDR notation. */
  readonly cidr: string;
  readonly except: readonly string[];
}

/** A port, a range of ports, or a name that the ports of the pod a rule protects are searched for. */
export interface ResolvedPort {
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  /** Absent together with `name`: all ports of the protocol. */
  readonly port?: number;
  readonly endPort?: number;
  readonly name?: string;
}

/** What one rule allows: traffic with one of the peers (everybody, where absent) on one of the ports (all, where absent). */
export interface ResolvedRule {
  readonly peers?: { readonly ips: readonly string[]; readonly blocks: readonly AddressBlock[] };
  readonly ports?: readonly ResolvedPort[];
}

/**
 * A NetworkPolicy whose peers are addresses: what a node needs to carry it out. A direction that is absent is not
 * restricted by this policy; one without rules allows nothing.
 */
export interface ResolvedPolicy {
  readonly namespace: string;
  readonly name: string;
  readonly podSelector: LabelSelector;
  readonly ingress?: readonly ResolvedRule[];
  readonly egress?: readonly ResolvedRule[];
}

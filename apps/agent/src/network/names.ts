import { createHash } from 'node:crypto';
import type { NodeIdentity } from '../pod/labels.ts';

/** What a node's links, table and rules on the host are called: short, since a link's name has at most 15 characters. */
export interface NetworkNames {
  /** Every link of the node begins with it; `${linkPrefix}*` (nft) and `${linkPrefix}+` (iptables) mean all of them. */
  readonly linkPrefix: string;
  /** Holds the gateway address, the first of the pod CIDR. */
  readonly gatewayLink: string;
  readonly vxlanLink: string;
  /** The VXLAN network identifier under which this node receives. */
  readonly vni: number;
  /** The node's own nftables table, of family `ip`. */
  readonly table: string;
  /** The metric of all routes that the node makes: several nodes on one host may each have one to the same place. */
  readonly routeMetric: number;
}

/** The names for one node; other nodes on the same host, of this cluster or another, have others. */
export function networkNames({ cluster, node }: NodeIdentity): NetworkNames {
  const digest = createHash('sha256').update(`${cluster}\n${node}`).digest();
  const hash = digest.toString('hex').slice(0, 6);
  const linkPrefix = `gt${hash}`;
  return {
    linkPrefix,
    gatewayLink: `${linkPrefix}g`,
    vxlanLink: `${linkPrefix}v`,
    vni: 1 + (digest.readUIntBE(7, 3) % (2 ** 24 - 1)),
    table: `gantry_${hash}`,
    routeMetric: 10_000 + (digest.readUInt32BE(3) % 1_000_000),
  };
}

/** The host's end of the pod that has the address; the name tells the address, so that one address has one link. */
export function podLinkName({ linkPrefix }: NetworkNames, ip: string): string {
  const number = ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  // Six hex digits: pod CIDRs of a cluster share their first byte, or the node's does at least.
  return `${linkPrefix}p${(number % 2 ** 24).toString(16).padStart(6, '0')}`;
}

/** Whether the link is a pod's end, of whatever address. */
export function isPodLink({ linkPrefix }: NetworkNames, name: string): boolean {
  return name.startsWith(`${linkPrefix}p`);
}

import { formatIp, parseCidr } from '../pod-cidr.ts';

/** Where cluster DNS is in the range of Services: as kubeadm places it, the tenth address. */
const dnsOffset = 10;

export const clusterDomain = 'cluster.local';

/** The first address of the range: the `kubernetes` Service. Throws where it is not an IPv4 range. */
export function apiServiceIp(serviceCidr: string): string {
  return nthAddress(serviceCidr, 1);
}

/** The cluster IP of `kube-system/kube-dns`; in a small range the second address. Throws as {@link apiServiceIp}. */
export function dnsServiceIp(serviceCidr: string): string {
  const { prefix = 0 } = parseCidr(serviceCidr) ?? {};
  return nthAddress(serviceCidr, 2 ** (32 - prefix) > dnsOffset + 2 ? dnsOffset : 2);
}

/** What a certificate for the API must carry so that pods may call it by Service. */
export function apiServiceNames(serviceCidr: string): string[] {
  const names = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc'];
  return [...names, `kubernetes.default.svc.${clusterDomain}`, apiServiceIp(serviceCidr)];
}

function nthAddress(cidr: string, offset: number): string {
  const range = parseCidr(cidr);
  if (!range) throw new Error(`${cidr} is not an IPv4 range such as 10.96.0.0/16`);
  return formatIp(range.base + offset);
}

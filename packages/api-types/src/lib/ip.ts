const octet = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const ipv4Regex = new RegExp(`^(?:${octet}\\.){3}${octet}$`);

/** A dotted IPv4 address without leading zeros. */
export function isIpv4(text: string): boolean {
  return ipv4Regex.test(text);
}

/** An IPv6 address, with or without `::` and a dotted end; no zone. */
export function isIpv6(text: string): boolean {
  return ipv6Groups(text) !== undefined;
}

/** An IPv4 or IPv6 address. */
export function isIp(text: string): boolean {
  return isIpv4(text) || isIpv6(text);
}

/** `10.0.0.0/24`, `fd00::/64`. Host bits may be set. */
export function isCidr(text: string): boolean {
  const slash = text.indexOf('/');
  if (slash < 0) return false;
  const address = text.slice(0, slash);
  const length = text.slice(slash + 1);
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(length)) return false;
  if (isIpv4(address)) return Number(length) <= 32;
  return isIpv6(address) && Number(length) <= 128;
}

/** What makes an address unfit to be an endpoint, in Kubernetes' words; undefined for ordinary addresses. */
export function specialIpProblem(text: string): string | undefined {
  const groups = isIpv4(text) ? mappedGroups(text) : ipv6Groups(text);
  if (!groups) return 'must be a valid IP address';
  const isV4 = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  const high = groups[6] ?? 0;
  const [first = 0] = groups;
  const isUnspecified = isV4 ? high === 0 && groups[7] === 0 : groups.every((group) => group === 0);
  if (isUnspecified) return `may not be unspecified (${text})`;
  const isLoopback = isV4 ? high >> 8 === 127 : groups.slice(0, 7).every((group) => group === 0) && groups[7] === 1;
  if (isLoopback) return 'may not be in the loopback range (127.0.0.0/8, ::1/128)';
  if (isV4 ? high === 0xa9fe : (first & 0xffc0) === 0xfe80) {
    return 'may not be in the link-local range (169.254.0.0/16, fe80::/10)';
  }
  const isLocalMulticast = isV4 ? high === 0xe000 && (groups[7] ?? 0) >> 8 === 0 : (first & 0xff0f) === 0xff02;
  return isLocalMulticast ? 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)' : undefined;
}

function mappedGroups(ipv4: string): number[] {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split('.').map(Number);
  return [0, 0, 0, 0, 0, 0xffff, a * 256 + b, c * 256 + d];
}

function ipv6Groups(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = groupsOf(halves[0] ?? '', halves.length === 1);
  const tail = groupsOf(halves[1] ?? '', true);
  if (!head || !tail) return undefined;
  if (halves.length === 1) return head.length === 8 ? head : undefined;
  const missing = 8 - head.length - tail.length;
  return missing < 1 ? undefined : [...head, ...new Array<number>(missing).fill(0), ...tail];
}

function groupsOf(text: string, mayEndDotted: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (mayEndDotted && index === parts.length - 1 && isIpv4(part)) groups.push(...mappedGroups(part).slice(6));
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** Whether every address of the range `inner` is one of `outer`, which is larger. Both must be sound. */
export function isStrictSubrange(inner: string, outer: string): boolean {
  const [innerBits, outerBits] = [rangeBits(inner), rangeBits(outer)];
  if (!innerBits || !outerBits || innerBits.isV4 !== outerBits.isV4) return false;
  return innerBits.bits.length > outerBits.bits.length && innerBits.bits.startsWith(outerBits.bits);
}

/** The bits that all addresses of a range share. */
function rangeBits(cidr: string): { readonly isV4: boolean; readonly bits: string } | undefined {
  const [address = '', length] = cidr.split('/');
  const isV4 = isIpv4(address);
  const groups = isV4 ? mappedGroups(address).slice(6) : ipv6Groups(address);
  if (!groups) return undefined;
  const bits = groups.map((group) => group.toString(2).padStart(16, '0')).join('');
  return { isV4, bits: bits.slice(0, Number(length)) };
}

/** An IPv4 range: first address as an unsigned 32-bit number, and prefix length. */
export interface Cidr {
  readonly base: number;
  readonly prefix: number;
}

/** Parses `10.244.0.0/16`; undefined where it is not an IPv4 range. Host bits are cleared. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (!match) return undefined;
  const [a = 256, b = 256, c = 256, d = 256, prefix = 33] = match.slice(1).map(Number);
  if ([a, b, c, d].some((octet) => octet > 255) || prefix > 32) return undefined;
  const address = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  return { base: (address & maskOf(prefix)) >>> 0, prefix };
}

/** `10.244.1.0/24`. */
export function formatCidr(cidr: Cidr): string {
  return `${formatIp(cidr.base)}/${cidr.prefix}`;
}

/** The dotted form of an unsigned 32-bit address. */
export function formatIp(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

/** Whether two ranges share an address. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  const mask = maskOf(Math.min(a.prefix, b.prefix));
  return (a.base & mask) >>> 0 === (b.base & mask) >>> 0;
}

/** The lowest range of length `mask` inside `clusterCidr` that overlaps none of `taken`; undefined where all are taken. */
export function nextPodCidr(clusterCidr: string, mask: number, taken: readonly string[]): string | undefined {
  const cluster = parseCidr(clusterCidr);
  if (!cluster || mask < cluster.prefix || mask > 30) return undefined;
  const ranges = taken.flatMap((text) => parseCidr(text) ?? []);
  const used = new Set(
    ranges.filter((range) => range.prefix >= mask).map((range) => (range.base & maskOf(mask)) >>> 0),
  );
  const wide = ranges.filter((range) => range.prefix < mask);
  const count = 2 ** (mask - cluster.prefix);
  for (let i = 0; i < count; i += 1) {
    const base = (cluster.base + i * 2 ** (32 - mask)) >>> 0;
    const range = { base, prefix: mask };
    if (!used.has(base) && !wide.some((other) => overlaps(other, range))) return formatCidr(range);
  }
  return undefined;
}

function maskOf(prefix: number): number {
  return prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
}

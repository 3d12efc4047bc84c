import { isIPv4 } from 'node:net';

/** An IPv4 range, its addresses as numbers. */
export interface Cidr {
  readonly text: string;
  readonly first: number;
  readonly last: number;
  /** Undefined for what is no IPv4 address. */
  parse(address: string): number | undefined;
  format(number: number): string;
}

/** Parses `10.96.0.0/16`. Throws `Error` where it is malformed or leaves no room. */
export function parseCidr(text: string): Cidr {
  const [address = '', bits = ''] = text.split('/');
  const base = parseAddress(address);
  const prefix = Number(bits);
  if (base === undefined || !/^\d+$/.test(bits) || prefix < 8 || prefix > 28) {
    throw new Error(`${JSON.stringify(text)} is not an IPv4 range with a prefix from /8 to /28`);
  }
  const size = 2 ** (32 - prefix);
  const first = base - (base % size);
  return { text, first, last: first + size - 1, parse: parseAddress, format: formatAddress };
}

function parseAddress(address: string): number | undefined {
  if (!isIPv4(address)) return undefined;
  return address.split('.').reduce((number, part) => number * 256 + Number(part), 0);
}

function formatAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}

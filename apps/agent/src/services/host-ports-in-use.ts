import { readFileSync } from 'node:fs';

/** State LISTEN of TCP; for UDP a socket that is not connected has state 7. */
const listening = { tcp: '0A', udp: '07' } as const;

/**
 * Whether some process of the host listens at a port on all addresses or on one that is not the loopback: leading the
 * port to a Service would take it away from that process.
 */
export function hostListens(protocol: string, port: number): boolean {
  if (protocol !== 'tcp' && protocol !== 'udp') return false;
  return ['', '6'].some((family) => {
    try {
      return listens(readFileSync(`/proc/net/${protocol}${family}`, 'utf8'), listening[protocol], port);
    } catch {
      // No such table: no IPv6, or no Linux.
      return false;
    }
  });
}

/** Reads a table of `/proc/net`. Pure. */
export function listens(table: string, state: string, port: number): boolean {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  return table.split('\n').some((line) => {
    const [, local = '', , found] = line.trim().split(/\s+/);
    const [address = '', number] = local.split(':');
    return number === hexPort && found === state && !isLoopback(address);
  });
}

/** 127.x.x.x in the kernel's little-endian hex, ::1, or the former mapped into IPv6. */
function isLoopback(hex: string): boolean {
  return hex.length === 8
    ? hex.endsWith('7F')
    : hex === '00000000000000000000000001000000' || /^0{16}FFFF0000.{6}7F$/.test(hex);
}

import { readFileSync } from 'node:fs';

/** State LISTEN of TCP; for UDP a socket that is not connected has state 7. */
const listening = { tcp: '0A', udp: '07' } as const;

/**
 * Whether some process of the host listens at a port on all addresses or on one that is not the loopback: leading the
 * port to a Service would take it away from that process. As it is when first asked: the kernel's tables are long on a
 * busy host, and many ports are asked for at a time.
 */
export function lookAtHostPorts(): (protocol: string, port: number) => boolean {
  const known = new Map<string, ReadonlySet<number>>();
  return (protocol, port) => {
    if (protocol !== 'tcp' && protocol !== 'udp') return false;
    const ports = known.get(protocol) ?? new Set(['', '6'].flatMap((family) => portsOf(protocol, family)));
    known.set(protocol, ports);
    return ports.has(port);
  };
}

function portsOf(protocol: 'tcp' | 'udp', family: string): number[] {
  try {
    return listeningPorts(readFileSync(`/proc/net/${protocol}${family}`, 'utf8'), listening[protocol]);
  } catch {
    // No such table: no IPv6, or no Linux.
    return [];
  }
}

/** Reads a table of `/proc/net`: the ports of sockets in the state, but for those on the loopback. Pure. */
export function listeningPorts(table: string, state: string): number[] {
  return table.split('\n').flatMap((line) => {
    const [, local = '', , found] = line.trim().split(/\s+/, 4);
    const [address = '', number = ''] = local.split(':');
    return found === state && !isLoopback(address) ? [Number.parseInt(number, 16)] : [];
  });
}

/** 127.x.x.x in the kernel's little-endian hex, ::1, or the former mapped into IPv6. */
function isLoopback(hex: string): boolean {
  return hex.length === 8
    ? hex.endsWith('7F')
    : hex === '00000000000000000000000001000000' || /^0{16}FFFF0000.{6}7F$/.test(hex);
}

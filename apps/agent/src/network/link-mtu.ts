import { readFile } from 'node:fs/promises';
import type { NetworkMode } from './network-mode.ts';

/** What VXLAN over IPv4 adds to a packet, in bytes. */
export const vxlanOverhead = 50;
const usualMtu = 1500;

/** The MTU of the pods' links: that of the host's way out, less what the tunnel takes where everything goes through it. */
export async function linkMtu(mode: NetworkMode): Promise<number> {
  const uplink = await uplinkMtu();
  return mode === 'vxlan' ? uplink - vxlanOverhead : uplink;
}

/** The MTU of the link with the default route. */
export async function uplinkMtu(): Promise<number> {
  const table = await readFile('/proc/net/route', 'utf8').catch(() => '');
  const link = table
    .split('\n')
    .map((line) => line.split('\t'))
    .find(([, destination]) => destination === '00000000')?.[0];
  if (link === undefined) return usualMtu;
  const text = await readFile(`/sys/class/net/${link}/mtu`, 'utf8').catch(() => '');
  return Number(text) || usualMtu;
}

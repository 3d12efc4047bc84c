import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

const sysResource = 24n;

/**
 * The lowest out-of-memory score that a process of this machine may be given: without CAP_SYS_RESOURCE (a container, a
 * sandbox) scores can only be raised, and the engine would fail to start a container that asks for less.
 */
export function lowestOomScoreAdj(): number {
  try {
    const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (bounding === undefined || (BigInt(`0x${bounding}`) >> sysResource) & 1n) return -1000;
    return Number(readFileSync('/proc/self/oom_score_adj', 'utf8'));
  } catch {
    // No /proc: the engine runs in a virtual machine of its own, with all rights.
    return -1000;
  }
}

/** The first IPv4 address of this host that is not a bridge of the engine or a link of ours; 127.0.0.1 where it has none. */
export function hostAddress(): string {
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    if (/^(docker|br-|veth|virbr|cni|flannel|gt[0-9a-f]{6})/.test(name)) continue;
    const found = addresses?.find(({ family, internal }) => family === 'IPv4' && !internal);
    if (found) return found.address;
  }
  return '127.0.0.1';
}

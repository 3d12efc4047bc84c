import { networkInterfaces } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { type Cidr, overlaps, parseCidr } from '@gantry/core/network/pod-cidr';
import type Docker from 'dockerode';
import { UserError } from '../output/user-error.ts';

/** A /16 for pods that neither the host nor any network of the engine uses, so that several clusters share one engine. */
export async function chooseClusterCidr(docker: Docker): Promise<string> {
  const taken = await takenRanges(docker);
  // 10.244 first: it is what people who know Kubernetes look for.
  const candidates = [244, ...Array.from({ length: 50 }, (_, i) => 200 + i).filter((second) => second !== 244)];
  for (const second of candidates) {
    const candidate = parseCidr(`10.${second}.0.0/16`);
    if (candidate && !taken.some((range) => overlaps(range, candidate))) return `10.${second}.0.0/16`;
  }
  throw new UserError(
    'no range 10.200.0.0/16 to 10.249.0.0/16 is free for pods: remove unused networks with `docker network prune`',
  );
}

/**
 * Resolves when every range can be seen to be taken, so that nobody else chooses it: agents make their networks when
 * they start. After ten seconds it resolves all the same: the pods will say what is wrong.
 */
export async function waitUntilTaken(docker: Docker, ranges: readonly string[]): Promise<void> {
  const wanted = ranges.flatMap((range) => parseCidr(range) ?? []);
  for (const deadline = Date.now() + takenTimeoutMs; Date.now() < deadline; await pause(pollMs)) {
    const taken = await takenRanges(docker);
    if (wanted.every((range) => taken.some((other) => overlaps(range, other)))) return;
  }
}

const takenTimeoutMs = 10_000;
const pollMs = 100;

/** What the host and the engine's networks use. */
async function takenRanges(docker: Docker): Promise<Cidr[]> {
  const networks = await docker.listNetworks();
  return [
    ...networks
      .flatMap((network) => network.IPAM?.Config ?? [])
      .flatMap((config) => parseCidr(config.Subnet ?? '') ?? []),
    ...Object.values(networkInterfaces()).flatMap((addresses) =>
      (addresses ?? []).flatMap((address) => parseCidr(address.cidr ?? '') ?? []),
    ),
  ];
}

import { networkInterfaces } from 'node:os';
import { type Cidr, overlaps, parseCidr } from '@gantry/core/network/pod-cidr';
import type Docker from 'dockerode';
import { UserError } from '../output/user-error.ts';

/** A /16 for pods that neither the host nor any network of the engine uses, so that several clusters share one engine. */
export async function chooseClusterCidr(docker: Docker): Promise<string> {
  const networks = await docker.listNetworks();
  const taken: Cidr[] = [
    ...networks
      .flatMap((network) => network.IPAM?.Config ?? [])
      .flatMap((config) => parseCidr(config.Subnet ?? '') ?? []),
    ...Object.values(networkInterfaces()).flatMap((addresses) =>
      (addresses ?? []).flatMap((address) => parseCidr(address.cidr ?? '') ?? []),
    ),
  ];
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

import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { type Cidr, overlaps, parseCidr } from '@gantry/core/network/pod-cidr';
import type Docker from 'dockerode';
import { UserError } from '../output/user-error.ts';

/** The ranges of one cluster, of IPv4 addresses. */
export interface ClusterRanges {
  readonly clusterCidr: string;
  readonly serviceCidr: string;
}

/**
 * A /16 for pods and one for Services that neither the host nor any network of the engine uses, so that several clusters
 * share one engine.
 */
export async function chooseClusterRanges(docker: Docker): Promise<ClusterRanges> {
  const taken = await takenRanges(docker);
  const isFree = (text: string) => {
    const range = parseCidr(text);
    return range !== undefined && !taken.some((other) => overlaps(other, range));
  };
  // 10.244 first: it is what people who know Kubernetes look for.
  const candidates = [244, ...Array.from({ length: 50 }, (_, i) => 200 + i).filter((second) => second !== 244)];
  for (const second of candidates) {
    const ranges = rangesFor(second);
    if (isFree(ranges.clusterCidr) && isFree(ranges.serviceCidr)) return ranges;
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
    ...parseRoutes(await readFile('/proc/net/route', 'utf8').catch(() => '')),
  ];
}

/** Nothing on the host shows a range of Services, so that it follows from the range of pods, which is seen. */
function rangesFor(second: number): ClusterRanges {
  return {
    clusterCidr: `10.${second}.0.0/16`,
    serviceCidr: second === 244 ? '10.96.0.0/16' : `10.${second - 100}.0.0/16`,
  };
}

/** The destinations in Linux' `/proc/net/route`, but for the default route: nodes of clusters have their pods' there. */
export function parseRoutes(text: string): Cidr[] {
  return text.split('\n').flatMap((line) => {
    const [, destination = '', , , , , , mask = ''] = line.split('\t').map((field) => field.trim());
    if (!/^[0-9A-F]{8}$/.test(destination) || !/^[0-9A-F]{8}$/.test(mask) || mask === '00000000') return [];
    const prefix = [...Number.parseInt(mask, 16).toString(2)].filter((bit) => bit === '1').length;
    const octets = [3, 2, 1, 0].map((i) => Number.parseInt(destination.slice(i * 2, i * 2 + 2), 16));
    return parseCidr(`${octets.join('.')}/${prefix}`) ?? [];
  });
}

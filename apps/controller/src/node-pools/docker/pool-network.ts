import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Docker } from './engine-client.ts';
import { codeOf, poolLabels } from './pool-containers.ts';

/** The network of a cluster's hosts on the engine. */
export interface PoolNetwork {
  readonly name: string;
  /** This machine's address in it. */
  readonly gateway: string;
}

/**
 * The cluster's network for hosts, made where it is not there. Rejects where its gateway is not this machine's: then the
 * engine is elsewhere, and hosts on it would not reach the controller this way.
 */
export async function ensurePoolNetwork(docker: Docker, cluster: string): Promise<PoolNetwork> {
  const name = `gantry-${cluster}-pool`;
  const found = await inspect(docker, name);
  if (!found) await create(docker, name, cluster);
  const { IPAM } = found ?? (await inspect(docker, name)) ?? { IPAM: undefined };
  const gateway = IPAM?.Config?.find(({ Gateway }) => Gateway?.includes('.'))?.Gateway;
  if (!gateway) throw new Error(`the network ${name} has no gateway: remove it, and it is made anew`);
  if (!(await isOwnAddress(gateway))) {
    throw new Error(
      `${gateway}, the gateway of the network ${name}, is no address of this machine: the provider docker needs a Docker Engine on the machine of the controller`,
    );
  }
  return { name, gateway };
}

/**
 * Addresses of this machine by which its own nodes go. To hosts they are on their link, so that their agents lead to the
 * pods of these nodes by a plain route, as these do to theirs.
 */
export function machineAddresses({ gateway }: PoolNetwork): readonly string[] {
  return Object.entries(networkInterfaces())
    .filter(([name]) => !/^(docker|br-|veth|virbr|cni|flannel|gt[0-9a-f]{6})/.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .filter(({ family, internal, address }) => family === 'IPv4' && !internal && address !== gateway)
    .map(({ address }) => address);
}

/** Asked by listening there: an interface without a carrier, as a bridge nobody is on yet, is in no list. */
function isOwnAddress(address: string): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ host: address, port: 0 }, () => server.close(() => resolve(true)));
  });
}

async function inspect(
  docker: Docker,
  name: string,
): Promise<{ IPAM?: { Config?: { Gateway?: string }[] } } | undefined> {
  try {
    return (await docker.getNetwork(name).inspect()) as { IPAM?: { Config?: { Gateway?: string }[] } };
  } catch (error) {
    if (codeOf(error) === 404) return undefined;
    throw error;
  }
}

async function create(docker: Docker, name: string, cluster: string): Promise<void> {
  const labels = { [poolLabels.cluster]: cluster, [poolLabels.network]: 'true' };
  try {
    await docker.createNetwork({ Name: name, Driver: 'bridge', CheckDuplicate: true, Labels: labels });
  } catch (error) {
    // Another host's making was faster.
    if (codeOf(error) !== 409) throw error;
  }
}

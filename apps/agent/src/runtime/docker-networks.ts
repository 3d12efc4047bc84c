import { setTimeout } from 'node:timers/promises';
import { isRuntimeError, type NetworkSpec, RuntimeError } from './container-runtime.ts';
import type { DockerClient } from './docker-client.ts';

const removalTries = 20;
const removalRetryMs = 250;

interface DockerNetwork {
  Containers?: Record<string, unknown>;
  Id: string;
  Name: string;
  IPAM?: { Config?: { Subnet?: string }[] | null };
}

/** Creates the bridge network unless it is there; one of that name with another subnet and nobody in it is replaced. */
export async function ensureBridge(client: DockerClient, spec: NetworkSpec): Promise<void> {
  const existing = await findByName(client, spec.name);
  if (existing) {
    if (existing.IPAM?.Config?.[0]?.Subnet === spec.subnet) return;
    await client.act({ method: 'DELETE', path: `/networks/${existing.Id}` }, [404]);
  }
  try {
    await client.act({ method: 'POST', path: '/networks/create', body: createNetworkBody(spec) });
  } catch (error) {
    if (!isRuntimeError(error, 'refused', 'conflict')) throw error;
    // Whoever was first to make it may not have finished: the engine then only says that the ranges overlap.
    if (await appears(client, spec)) return;
    throw new RuntimeError('refused', `network ${spec.name} (${spec.subnet}): ${error.message}`, { cause: error });
  }
}

async function appears(client: DockerClient, spec: NetworkSpec): Promise<boolean> {
  for (let tries = 0; tries < 5; tries += 1) {
    const found = await findByName(client, spec.name);
    if (found) return found.IPAM?.Config?.[0]?.Subnet === spec.subnet;
    await setTimeout(200);
  }
  return false;
}

/** Removes every network that carries the labels (`name=value`). */
export async function removeLabelledNetworks(client: DockerClient, labels: readonly string[]): Promise<void> {
  for (const network of await listNetworks(client, { label: labels })) await removeNetwork(client, network.Id);
}

/** A container that was just removed may still be on its way out of the network: it is disconnected by force. */
async function removeNetwork(client: DockerClient, id: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await client.act({ method: 'DELETE', path: `/networks/${id}` }, [404]);
    } catch (error) {
      if (tries === removalTries || !isRuntimeError(error, 'refused', 'conflict')) throw error;
    }
    const network = await client.jsonOrUndefined<DockerNetwork>({ method: 'GET', path: `/networks/${id}` });
    for (const container of Object.keys(network?.Containers ?? {})) {
      const body = { Container: container, Force: true };
      // Whatever it answers, the next removal tells.
      await client.act({ method: 'POST', path: `/networks/${id}/disconnect`, body }, [404, 409, 500]);
    }
    await setTimeout(removalRetryMs);
  }
}

/** The ranges of the engine's bridges. The gateways themselves are not told before a container is on them. */
export async function listBridgeSubnets(client: DockerClient): Promise<string[]> {
  const networks = await listNetworks(client, { driver: ['bridge'] });
  return networks.flatMap(({ IPAM }) => (IPAM?.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []));
}

async function findByName(client: DockerClient, name: string): Promise<DockerNetwork | undefined> {
  // The engine's name filter matches parts of names.
  return (await listNetworks(client, { name: [name] })).find((network) => network.Name === name);
}

async function listNetworks(client: DockerClient, filters: object): Promise<DockerNetwork[]> {
  return client.json<DockerNetwork[]>({
    method: 'GET',
    path: '/networks',
    query: { filters: JSON.stringify(filters) },
  });
}

function createNetworkBody(spec: NetworkSpec): object {
  return {
    Name: spec.name,
    Driver: 'bridge',
    // Names are not unique to the engine: two agents that start at once would make two of them.
    CheckDuplicate: true,
    IPAM: { Config: [{ Subnet: spec.subnet }] },
    Labels: spec.labels,
  };
}

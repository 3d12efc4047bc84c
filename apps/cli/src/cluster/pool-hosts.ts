import type Docker from 'dockerode';
import type { Terminal } from '../output/terminal.ts';

/** Labels of what the controller's node pools make on the engine. */
const labels = { cluster: 'io.gantry.cluster', pool: 'io.gantry.pool', network: 'io.gantry.pool.network' } as const;

/** Removes the hosts of a cluster's node pools with all they hold, and their network. The controller must have stopped. */
export async function removePoolHosts(terminal: Terminal, docker: Docker, cluster: string): Promise<void> {
  const filters = { label: [`${labels.cluster}=${cluster}`, labels.pool] };
  const hosts = await docker.listContainers({ all: true, filters });
  if (hosts.length > 0)
    terminal.progress(`removing ${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'} of node pools`);
  await Promise.all(hosts.map(({ Id }) => unlessGone(docker.getContainer(Id).remove({ force: true, v: true }))));
  // One that the controller was about to make has a volume and no container.
  const { Volumes } = await docker.listVolumes({ filters });
  for (const { Name } of Volumes ?? []) await unlessGone(docker.getVolume(Name).remove());
  const networks = await docker.listNetworks({ filters: { label: [`${labels.cluster}=${cluster}`, labels.network] } });
  for (const { Id } of networks) await unlessGone(docker.getNetwork(Id).remove());
}

async function unlessGone(removal: Promise<unknown>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (!(error instanceof Error && 'statusCode' in error && error.statusCode === 404)) throw error;
  }
}

import { hostname } from 'node:os';
import type Docker from 'dockerode';
import { isAlive } from './local-cluster.ts';

const ownerLabel = 'io.gantry.e2e.owner';
const reaperImage = 'testcontainers/ryuk:0.14.0';

/** Labels of everything that this test process makes on the engine, by which {@link sweepLeftovers} finds it. */
export function ownLabels(): Record<string, string> {
  return { [ownerLabel]: `${hostname()}/${process.pid}` };
}

/**
 * Removes what test processes of this machine left that did not end properly. Containers first: they hold the others.
 * What a living process owns stays.
 */
export async function sweepLeftovers(docker: Docker): Promise<void> {
  const filters = { label: [ownerLabel] };
  for (const { Id, Labels } of await docker.listContainers({ all: true, filters }))
    if (isLeftOver(Labels)) await ignoreGone(docker.getContainer(Id).remove({ force: true, v: true }));
  for (const { Name, Labels } of (await docker.listVolumes({ filters: filters })).Volumes ?? [])
    if (isLeftOver(Labels)) await ignoreGone(docker.getVolume(Name).remove());
  for (const { Id, Labels } of await docker.listNetworks({ filters }))
    if (isLeftOver(Labels)) await ignoreGone(docker.getNetwork(Id).remove());
}

/**
 * testcontainers starts a container that removes what a killed test left. Where its image is not here and cannot be
 * had, testcontainers must be told so, and {@link sweepLeftovers} does that work.
 */
export async function prepareTestcontainers(docker: Docker): Promise<void> {
  if (process.env.TESTCONTAINERS_RYUK_DISABLED !== undefined) return;
  try {
    await docker.getImage(reaperImage).inspect();
  } catch {
    const isPulled = await pull(docker, reaperImage);
    if (!isPulled) process.env.TESTCONTAINERS_RYUK_DISABLED = 'true';
  }
}

/** Waits for work on an object that may be gone already, or is being removed. */
export async function ignoreGone(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    const code = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
    if (code !== 404 && code !== 409 && code !== 304) throw error;
  }
}

function isLeftOver(labels: Record<string, string> | undefined): boolean {
  const [host, pid] = (labels?.[ownerLabel] ?? '').split('/');
  return host === hostname() && !isAlive(Number(pid));
}

async function pull(docker: Docker, image: string): Promise<boolean> {
  try {
    const output = await docker.pull(image);
    return await new Promise((resolve) => docker.modem.followProgress(output, (error) => resolve(!error)));
  } catch {
    // No registry can be reached.
    return false;
  }
}

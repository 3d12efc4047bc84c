import type { Docker, HostConfig } from './engine-client.ts';

/** Labels of what pools have on the engine. `npm run down` finds by them what is to go. */
export const poolLabels = {
  cluster: 'io.gantry.cluster',
  pool: 'io.gantry.pool',
  host: 'io.gantry.pool.host',
  network: 'io.gantry.pool.network',
} as const;

/** The HTTP status of an engine's answer. */
export function codeOf(error: unknown): number | undefined {
  return error instanceof Error && 'statusCode' in error ? (error.statusCode as number) : undefined;
}

/** Waits for a request, where these answers are as good as success. */
export async function ignoring(request: Promise<unknown>, ...codes: readonly number[]): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!codes.includes(codeOf(error) ?? 0)) throw error;
  }
}

/** What a container with an engine of its own needs, as far as the outer engine can grant it. */
export function privileges(isPrivileged: boolean): HostConfig {
  // Of the Engine API since 1.41; the type does not know them all.
  const own = { CgroupnsMode: 'private' } as HostConfig;
  if (isPrivileged) return { ...own, Privileged: true };
  return {
    ...own,
    CapAdd: ['ALL'],
    CapDrop: ['SYS_RESOURCE'],
    SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined'],
    // What the command line calls systempaths=unconfined.
    MaskedPaths: [],
    ReadonlyPaths: [],
  } as HostConfig;
}

/** Whether the engine can start privileged containers; one that may not hand on all capabilities cannot. */
export async function canRunPrivileged(docker: Docker, image: string, cluster: string): Promise<boolean> {
  const container = await docker.createContainer({
    Image: image,
    Entrypoint: ['true'],
    Labels: { [poolLabels.cluster]: cluster },
    HostConfig: { Privileged: true },
  });
  try {
    await container.start();
    return true;
  } catch {
    // "unable to apply caps: operation not permitted"
    return false;
  } finally {
    await ignoring(container.remove({ force: true }), 404, 409);
  }
}

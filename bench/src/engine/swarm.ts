import type Docker from 'dockerode';

export interface SwarmOptions {
  readonly image: string;
  readonly replicas: number;
}

const serviceName = 'gantry-bench';
const pollMs = 50;
const timeoutMs = 120_000;

/**
 * Seconds until Docker Swarm, on the same engine, runs all replicas of a service with the same limits. The swarm is
 * made for the measurement and left again; skipped (undefined) where the engine is in a swarm already.
 */
export async function measureSwarm(docker: Docker, options: SwarmOptions): Promise<number | undefined> {
  const info = (await docker.info()) as { Swarm?: { LocalNodeState?: string } };
  if (info.Swarm?.LocalNodeState !== 'inactive') return undefined;
  await docker.swarmInit({ ListenAddr: '127.0.0.1:0', AdvertiseAddr: '127.0.0.1' });
  try {
    const startedAt = performance.now();
    const service = await docker.createService({
      Name: serviceName,
      TaskTemplate: {
        ContainerSpec: { Image: options.image },
        Resources: {
          Limits: { MemoryBytes: 32 * 1024 * 1024, NanoCPUs: 500_000_000 },
          Reservations: { MemoryBytes: 16 * 1024 * 1024, NanoCPUs: 20_000_000 },
        },
      },
      Mode: { Replicated: { Replicas: options.replicas } },
    });
    await waitForTasks(docker, options.replicas);
    const seconds = (performance.now() - startedAt) / 1000;
    await docker.getService(service.id).remove();
    await waitForNoContainers(docker);
    return seconds;
  } finally {
    await docker.swarmLeave({ force: true });
  }
}

async function waitForTasks(docker: Docker, replicas: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const tasks = (await docker.listTasks({ filters: { service: [serviceName] } })) as {
      Status?: { State?: string };
    }[];
    if (tasks.filter((task) => task.Status?.State === 'running').length >= replicas) return;
    if (Date.now() > deadline) throw new Error(`swarm did not run ${replicas} replicas within ${timeoutMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

async function waitForNoContainers(docker: Docker): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  const filters = { label: [`com.docker.swarm.service.name=${serviceName}`] };
  while ((await docker.listContainers({ all: true, filters })).length > 0 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

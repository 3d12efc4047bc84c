import type Docker from 'dockerode';
import { inParallel } from '../load/statistics.ts';

export interface EngineLimitOptions {
  readonly image: string;
  readonly containers: number;
  readonly concurrency: number;
}

const label = 'io.gantry.bench';

/**
 * The engine's own limit: seconds to create and start `containers` containers with cpu and memory limits on one
 * user-defined bridge, `concurrency` at a time, called as directly as can be. Everything is removed afterwards.
 */
export async function measureEngineLimit(docker: Docker, options: EngineLimitOptions): Promise<number> {
  const network = await docker.createNetwork({ Name: 'gantry-bench', Labels: { [label]: 'true' } });
  try {
    const startedAt = performance.now();
    await inParallel(options.containers, options.concurrency, async (i) => {
      const container = await docker.createContainer({
        name: `gantry-bench-${i}`,
        Image: options.image,
        Labels: { [label]: 'true' },
        HostConfig: {
          NetworkMode: 'gantry-bench',
          Memory: 32 * 1024 * 1024,
          CpuShares: 20,
          CpuPeriod: 100_000,
          CpuQuota: 50_000,
        },
      });
      await container.start();
    });
    return (performance.now() - startedAt) / 1000;
  } finally {
    await removeLabelled(docker);
    await network.remove();
  }
}

async function removeLabelled(docker: Docker): Promise<void> {
  const containers = await docker.listContainers({ all: true, filters: { label: [label] } });
  await inParallel(containers.length, 8, async (i) => {
    const { Id } = containers[i] ?? {};
    if (Id) await docker.getContainer(Id).remove({ force: true, v: true });
  });
}

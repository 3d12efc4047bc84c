import { realpath, rm } from 'node:fs/promises';
import { cgroupLayout } from '../cgroups/cgroup-paths.ts';
import { nodeCgroup, removeNodeCgroup } from '../cgroups/pod-cgroups.ts';
import { networkNames } from '../network/names.ts';
import { removeNodeNetwork } from '../network/remove-node-network.ts';
import { nodeLabels } from '../pod/labels.ts';
import { Semaphore } from '../pod/semaphore.ts';
import { type ContainerRuntime, isRuntimeError } from '../runtime/container-runtime.ts';
import { pauseImage } from '../sandbox/pause-image.ts';
import { removeServiceRules } from '../services/node-services.ts';
import { claimsDirectoryOf } from '../volumes/claim-volumes.ts';
import { unmountAllUnder } from '../volumes/mounts.ts';

export interface NodeResources {
  readonly runtime: ContainerRuntime;
  readonly cluster: string;
  readonly node: string;
  /** The agent's data directory: its mounts, pod directories and volumes of claims go too. */
  readonly dataDir?: string;
  /** Seconds between the stop signal and SIGKILL; 2 by default. */
  readonly graceSeconds?: number;
}

const parallelRemovals = 8;

/**
 * Removes everything that an agent made: containers, network, cgroups, mounts and pod directories. The agent must have
 * stopped before. May be repeated; resolves when all of it is gone.
 */
export async function removeNodeResources(resources: NodeResources): Promise<void> {
  const { runtime, cluster, node, dataDir, graceSeconds = 2 } = resources;
  const labels = nodeLabels({ cluster, node });
  const slots = new Semaphore(parallelRemovals);
  const containers = await runtime.listContainers(labels);
  await Promise.all(
    containers.map(({ id, state }) =>
      slots.run(async () => {
        if (state === 'running' && graceSeconds > 0) await runtime.stopContainer(id, graceSeconds);
        await runtime.removeContainer(id);
      }),
    ),
  );
  // Another cluster on this engine may need it, or load it again when it does.
  await runtime.removeImage(pauseImage).catch((error: unknown) => {
    if (!isRuntimeError(error, 'conflict')) throw error;
  });
  await removeNodeNetwork(networkNames({ cluster, node }));
  await removeServiceRules(networkNames({ cluster, node }));
  await removeNodeCgroup(cgroupLayout(await runtime.info()), nodeCgroup({ cluster, node }));
  if (dataDir !== undefined) await removePodDirectories(dataDir);
  // Last: an engine that has lost count of a network's endpoints refuses, and the rest shall be gone nevertheless.
  await runtime.removeNetworks(labels);
}

async function removePodDirectories(path: string): Promise<void> {
  const dataDir = await realpath(path).catch(() => undefined);
  if (dataDir === undefined) return;
  for (const directory of [`${dataDir}/pods`, `${dataDir}/memory`, claimsDirectoryOf(dataDir)]) {
    await unmountAllUnder(directory);
    await rm(directory, { recursive: true, force: true });
  }
}

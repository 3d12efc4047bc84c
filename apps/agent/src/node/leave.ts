import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerRuntime } from '../runtime/container-runtime.ts';
import { leaveCluster, readCredential } from '../session/join.ts';
import { removeNodeResources } from './remove-node-resources.ts';

/**
 * Takes this host out of its cluster: the Node first, so that its pods are made anew elsewhere, then everything that the agent
 * made here. Resolves with the node's name. May be repeated where it failed: the credential goes last.
 */
export async function leaveAndRemove(dataDir: string, runtime: ContainerRuntime): Promise<string> {
  const credential = await readCredential(dataDir);
  if (!credential)
    throw new Error(`${dataDir} holds no credential: this host has not joined a cluster, or has left it`);
  const { nodeName, cluster } = await leaveCluster(credential);
  await removeNodeResources({ runtime, cluster, node: nodeName, dataDir });
  await rm(join(dataDir, 'credential.json'), { force: true });
  return nodeName;
}

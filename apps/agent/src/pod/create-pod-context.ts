import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import { blockDevicesOf } from '../cgroups/block-devices.ts';
import type { EvictionManager } from '../eviction/eviction-manager.ts';
import { ContainerHooks } from '../hooks/container-hooks.ts';
import { StartPhases } from '../inspection/start-phases.ts';
import { ProbeScheduler } from '../probes/probe-scheduler.ts';
import { type ClaimNode, claimsDirectoryOf } from '../volumes/claim-volumes.ts';
import { noTokens } from '../volumes/pod-tokens.ts';
import { PodVolumes } from '../volumes/pod-volumes.ts';
import { canMountRecursivelyReadOnly } from '../volumes/volume-mounts.ts';
import { lowestOomScoreAdj } from './host-limits.ts';
import type { NodeIdentity } from './labels.ts';
import type { ResolvedOptions } from './options.ts';
import type { PodContext } from './pod-context.ts';
import { PodFiles } from './pod-files.ts';
import type { PodManagerSettings } from './pod-manager-settings.ts';
import { Semaphore } from './semaphore.ts';

/** Where the node keeps its claims. */
export function claimNode({ nodeName, dataDir }: PodManagerSettings): ClaimNode {
  return { name: nodeName, claimsDirectory: claimsDirectoryOf(dataDir) };
}

/** What the workers of all pods share, beside what was opened before. */
export function createPodContext(
  settings: PodManagerSettings,
  options: ResolvedOptions,
  {
    pressures,
    ...parts
  }: Pick<PodContext, 'network' | 'policies' | 'cgroups' | 'images' | 'onForgotten'> & {
    readonly pressures: () => EvictionManager['pressures'];
  },
): PodContext {
  const { api, runtime, clock, logger, dataDir } = settings;
  const identity: NodeIdentity = { cluster: settings.cluster, node: settings.nodeName };
  const { nodeMemoryBytes, nodeMilliCpu, podPidsLimit, reserved } = options;
  return {
    ...parts,
    identity,
    api,
    runtime,
    clock,
    logger,
    hostIp: options.hostIp,
    allocatable: {
      milliCpu: nodeMilliCpu - reserved.milliCpu,
      memoryBytes: nodeMemoryBytes - reserved.memoryBytes,
      storageBytes: storageBytesOf(dataDir),
    },
    resourceFacts: {
      nodeMemoryBytes,
      lowestOomScoreAdj: lowestOomScoreAdj(),
      ...(podPidsLimit === undefined ? {} : { podPidsLimit }),
    },
    backOff: options.backOff,
    starts: new Semaphore(options.parallelStarts),
    phases: new StartPhases(clock),
    meter: settings.meter,
    volumes: new PodVolumes({
      dataDir,
      objects: api,
      node: claimNode(settings),
      tokens: settings.tokens ?? noTokens,
      clock,
      logger,
      canMountRecursivelyReadOnly: canMountRecursivelyReadOnly(options.engine),
    }),
    hooks: new ContainerHooks({ runtime, clock }),
    blockDevices: () => blockDevicesOf([options.engine.rootDirectory, dataDir]),
    files: new PodFiles({ dataDir, clusterDns: settings.clusterDns }),
    architecture: options.engine.architecture,
    admission: () => ({
      securityOptions: options.engine.securityOptions,
      allowedUnsafeSysctls: options.allowedUnsafeSysctls,
      hugePageSizes: options.hugePageSizes,
      pressures: pressures(),
    }),
    seccompDirectory: join(dataDir, 'seccomp'),
    probes: new ProbeScheduler({ clock, api, runtime, logger }),
  };
}

/** All of the disk, as the Node says it. */
function storageBytesOf(directory: string): number {
  const { blocks, bsize } = statfsSync(directory);
  return blocks * bsize;
}

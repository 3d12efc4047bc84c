import { readFile, statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { ContainerImage, NodeAddress } from '@gantry/api-types';
import type { NodeRegistration } from '@gantry/api-types/protocol';
import { formatBytes, formatCpuMilli } from '@gantry/api-types/quantity';
import { hugePageResource } from '@gantry/core/pod/huge-pages';
import { cgroupLayout } from '../cgroups/cgroup-paths.ts';
import { readHugePages } from '../cgroups/huge-pages.ts';
import { hostAddress } from '../pod/host-limits.ts';
import type { ContainerRuntime, EngineInfo, ImageDetails } from '../runtime/container-runtime.ts';
import { claimsDirectoryOf } from '../volumes/claim-volumes.ts';

export interface NodeDescriptionOptions {
  readonly runtime: ContainerRuntime;
  readonly nodeName: string;
  readonly agentVersion: string;
  /** The node's capacity where it is not all that the engine has: several nodes share one engine. */
  readonly milliCpu?: number;
  readonly memoryBytes?: number;
  readonly maxPods?: number;
  /** What pods may not have: 0 where the engine is shared. */
  readonly reserved?: { readonly milliCpu: number; readonly memoryBytes: number };
  readonly zone?: string;
  readonly region?: string;
  /** Further labels, which may not replace the well-known ones. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly hostIp?: string;
  /** The node's data directory, absolute: what its file system holds is the node's storage. */
  readonly dataDir?: string;
}

const defaultMaxPods = 110;
/** Kubernetes' own bound on the list in a Node's status. */
const maxImages = 50;
/** And on the names of one of them. */
const maxNames = 5;

/**
 * What this host declares of itself: capacity, well-known labels, versions, images. Throws a `RuntimeError` where the
 * engine does not answer.
 */
export async function describeNode(options: NodeDescriptionOptions): Promise<NodeRegistration> {
  const { runtime } = options;
  const { dataDir } = options;
  const [engine, images, storage] = await Promise.all([runtime.info(), runtime.listImages(), storageOf(dataDir)]);
  const milliCpu = options.milliCpu ?? engine.cpus * 1000;
  const memoryBytes = options.memoryBytes ?? engine.memoryBytes;
  const reserved = options.reserved ?? { milliCpu: 0, memoryBytes: 0 };
  const hugePages = shareOf(await readHugePages(cgroupLayout(engine)), memoryBytes / engine.memoryBytes);
  const others = { pods: String(options.maxPods ?? defaultMaxPods), ...storage, ...hugePageResources(hugePages) };
  return {
    labels: nodeLabelsOf(options, engine),
    capacity: { cpu: formatCpuMilli(milliCpu), memory: formatBytes(memoryBytes), ...others },
    allocatable: {
      cpu: formatCpuMilli(Math.max(0, milliCpu - reserved.milliCpu)),
      memory: formatBytes(allocatableMemory(memoryBytes - reserved.memoryBytes, hugePages)),
      ...others,
    },
    ...(dataDir === undefined ? {} : { claimsDirectory: claimsDirectoryOf(dataDir) }),
    addresses: addressesOf(options),
    nodeInfo: await nodeInfoOf(options, engine),
    conditions: healthyConditions,
    images: imagesOf(images),
  };
}

/** Nodes that share an engine divide its huge pages as they divide its memory. Pure. */
export function shareOf(hugePages: ReadonlyMap<number, number>, share: number): ReadonlyMap<number, number> {
  const part = Math.min(1, share);
  return new Map([...hugePages].map(([size, bytes]) => [size, Math.floor((bytes * part) / size) * size]));
}

/** What is set aside for huge pages can be used as nothing else. Pure. */
export function allocatableMemory(memoryBytes: number, hugePages: ReadonlyMap<number, number>): number {
  return Math.max(0, memoryBytes - [...hugePages.values()].reduce((sum, bytes) => sum + bytes, 0));
}

function hugePageResources(hugePages: ReadonlyMap<number, number>): Record<string, string> {
  return Object.fromEntries([...hugePages].map(([size, bytes]) => [hugePageResource(size), formatBytes(bytes)]));
}

/** All nodes on one file system name all of it: how much of it is free is another question. */
async function storageOf(dataDir: string | undefined): Promise<Record<string, string>> {
  if (dataDir === undefined) return {};
  const { blocks, bsize } = await statfs(dataDir);
  return { 'ephemeral-storage': formatBytes(blocks * bsize) };
}

const healthyConditions: NodeRegistration['conditions'] = [
  {
    type: 'MemoryPressure',
    status: 'False',
    reason: 'KubeletHasSufficientMemory',
    message: 'kubelet has sufficient memory available',
  },
  {
    type: 'DiskPressure',
    status: 'False',
    reason: 'KubeletHasNoDiskPressure',
    message: 'kubelet has no disk pressure',
  },
  {
    type: 'PIDPressure',
    status: 'False',
    reason: 'KubeletHasSufficientPID',
    message: 'kubelet has sufficient PID available',
  },
];

function nodeLabelsOf(options: NodeDescriptionOptions, engine: EngineInfo): Record<string, string> {
  const { zone, region } = options;
  return {
    ...options.labels,
    'kubernetes.io/hostname': options.nodeName,
    'kubernetes.io/os': engine.osType,
    'kubernetes.io/arch': engine.architecture,
    'beta.kubernetes.io/os': engine.osType,
    'beta.kubernetes.io/arch': engine.architecture,
    ...(zone === undefined ? {} : { 'topology.kubernetes.io/zone': zone }),
    ...(zone === undefined ? {} : { 'failure-domain.beta.kubernetes.io/zone': zone }),
    ...(region === undefined ? {} : { 'topology.kubernetes.io/region': region }),
    ...(region === undefined ? {} : { 'failure-domain.beta.kubernetes.io/region': region }),
  };
}

function addressesOf(options: NodeDescriptionOptions): NodeAddress[] {
  return [
    { type: 'InternalIP', address: options.hostIp ?? hostAddress() },
    { type: 'Hostname', address: options.nodeName },
  ];
}

async function nodeInfoOf(options: NodeDescriptionOptions, engine: EngineInfo): Promise<NodeRegistration['nodeInfo']> {
  const [machineId, systemUuid, bootId] = await Promise.all([
    readFirst('/etc/machine-id', '/var/lib/dbus/machine-id'),
    readFirst('/sys/class/dmi/id/product_uuid'),
    readFirst('/proc/sys/kernel/random/boot_id'),
  ]);
  const version = `v${options.agentVersion.replace(/^v/, '')}`;
  return {
    machineID: machineId || hostname(),
    systemUUID: systemUuid || engine.id,
    bootID: bootId,
    kernelVersion: engine.kernelVersion,
    osImage: engine.operatingSystem,
    containerRuntimeVersion: `docker://${engine.version}`,
    kubeletVersion: version,
    kubeProxyVersion: version,
    operatingSystem: engine.osType,
    architecture: engine.architecture,
  };
}

/** The largest first, as the kubelet lists them: those matter most when pods are placed near their images. */
function imagesOf(images: readonly ImageDetails[]): ContainerImage[] {
  return images
    .filter(({ tags, digests }) => tags.length + digests.length > 0)
    .toSorted((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, maxImages)
    .map(({ tags, digests, sizeBytes }) => ({ names: [...digests, ...tags].slice(0, maxNames), sizeBytes }));
}

async function readFirst(...paths: readonly string[]): Promise<string> {
  for (const path of paths) {
    const text = await readFile(path, 'utf8').catch(() => '');
    if (text.trim() !== '') return text.trim();
  }
  return '';
}

import { readFile, stat, statfs } from 'node:fs/promises';
import type { Observation, Observations } from '@gantry/core/eviction/signals';

export interface NodeObserverOptions {
  /** The disk of the pods' volumes. */
  readonly dataDir: string;
  /** The disk of images and containers' layers. */
  readonly engineDirectory: string;
  /**
   * The node is all of its host. Where several nodes share one, what is left on the host says nothing about a node's
   * own pods: only those are looked at.
   */
  readonly ownsHost: boolean;
  /** What all pods may use together. */
  readonly podsMemoryBytes: number;
  /** What they use. */
  readonly usedMemoryBytes: () => Promise<number>;
}

/** What is left on the node, for each signal that can be seen from here. A few small files: costs next to nothing. */
export async function observeNode(options: NodeObserverOptions): Promise<Observations> {
  const { podsMemoryBytes, usedMemoryBytes, ownsHost } = options;
  const pods = { capacity: podsMemoryBytes, available: podsMemoryBytes - (await usedMemoryBytes()) };
  return { 'allocatableMemory.available': pods, ...(ownsHost ? await observeHost(options) : {}) };
}

async function observeHost({ dataDir, engineDirectory }: NodeObserverOptions): Promise<Observations> {
  const [memory, nodeDisk, imageDisk, processes] = await Promise.all([
    memoryOf(),
    diskOf(dataDir),
    diskOf(isEngineElsewhere() ? '' : engineDirectory),
    processesOf(),
  ]);
  const all: [keyof Observations, Observation | undefined][] = [
    ['memory.available', memory],
    ['nodefs.available', nodeDisk.bytes],
    ['nodefs.inodesFree', nodeDisk.inodes],
    ['imagefs.available', imageDisk.bytes],
    ['imagefs.inodesFree', imageDisk.inodes],
    ['pid.available', processes],
  ];
  return Object.fromEntries(all.filter(([, observation]) => observation !== undefined));
}

/** Then its disk is elsewhere, too. */
function isEngineElsewhere(): boolean {
  return /^(tcp|ssh|https?):/.test(process.env.DOCKER_HOST ?? '');
}

async function memoryOf(): Promise<Observation | undefined> {
  const text = await read('/proc/meminfo');
  const field = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? Number.NaN) * 1024;
  return whole({ capacity: field('MemTotal'), available: field('MemAvailable') });
}

async function diskOf(directory: string): Promise<{ readonly bytes?: Observation; readonly inodes?: Observation }> {
  try {
    const { blocks, bavail, bsize, files, ffree } = await statfs(directory);
    return {
      ...(blocks > 0 ? { bytes: { capacity: blocks * bsize, available: bavail * bsize } } : {}),
      // Some file systems count none.
      ...(files > 0 ? { inodes: { capacity: files, available: ffree } } : {}),
    };
  } catch {
    return {};
  }
}

async function processesOf(): Promise<Observation | undefined> {
  const [load, ...limits] = await Promise.all([
    read('/proc/loadavg'),
    read('/proc/sys/kernel/pid_max'),
    read('/proc/sys/kernel/threads-max'),
  ]);
  const capacity = Math.min(...limits.map(Number));
  return whole({ capacity, available: capacity - Number(/\/(\d+) /.exec(load)?.[1] ?? Number.NaN) });
}

function whole(observation: Observation): Observation | undefined {
  return observation.capacity > 0 && Number.isFinite(observation.available) ? observation : undefined;
}

function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

/** Whether two directories are on one file system. */
export async function areOnOneDisk(a: string, b: string): Promise<boolean> {
  const devices = await Promise.all(
    [a, b].map((path) =>
      stat(path).then(
        ({ dev }) => dev,
        () => undefined,
      ),
    ),
  );
  return devices[0] !== undefined && devices[0] === devices[1];
}

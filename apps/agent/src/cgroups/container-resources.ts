import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CgroupLayout, cgroupDirectory } from './cgroup-paths.ts';

/** What the files of a container's cgroup say. */
export interface ContainerCgroup {
  readonly resources: {
    readonly cpuShares: number;
    /** Microseconds per 100 ms; undefined without a limit. */
    readonly cpuQuota: number | undefined;
    readonly memoryBytes: number | undefined;
  };
  /** In v2, from which the shares are computed back; each weight stands for several shares. */
  readonly cpuWeight?: number;
  /** Without what the kernel can drop at once. */
  readonly memoryUsageBytes: number;
}

/** The kernel's "no limit" of v1 is the largest number of whole pages. */
const unlimitedBytes = 2 ** 62;

/** Reads limits and memory use of the cgroup; undefined where it is not there. */
export async function readContainerCgroup(layout: CgroupLayout, path: string): Promise<ContainerCgroup | undefined> {
  try {
    return layout.version === 1 ? await readV1(layout, path) : await readV2(layout, path);
  } catch {
    // Gone with its container, or not to be seen from here.
    return undefined;
  }
}

/** Memory of a cgroup and those below it, without what the kernel can drop at once; undefined where it is not there. */
export async function readMemoryBytes(layout: CgroupLayout, path: string): Promise<number | undefined> {
  const directory = cgroupDirectory(layout, 'memory', path);
  const isV1 = layout.version === 1;
  try {
    const [usage, stat] = await Promise.all([
      read(directory, isV1 ? 'memory.usage_in_bytes' : 'memory.current'),
      read(directory, 'memory.stat'),
    ]);
    return Math.max(0, Number(usage) - inactive(stat, isV1 ? 'total_inactive_file' : 'inactive_file'));
  } catch {
    return undefined;
  }
}

/** Processes and threads of a cgroup and those below it; undefined where that is not counted. */
export async function readProcesses(layout: CgroupLayout, path: string): Promise<number | undefined> {
  const text = await read(cgroupDirectory(layout, 'pids', path), 'pids.current').catch(() => undefined);
  return text === undefined ? undefined : Number(text);
}

async function readV1(layout: CgroupLayout, path: string): Promise<ContainerCgroup> {
  const [cpu, memory] = [cgroupDirectory(layout, 'cpu', path), cgroupDirectory(layout, 'memory', path)];
  const [shares, quota, limit, usage, stat] = await Promise.all([
    read(cpu, 'cpu.shares'),
    read(cpu, 'cpu.cfs_quota_us'),
    read(memory, 'memory.limit_in_bytes'),
    read(memory, 'memory.usage_in_bytes'),
    read(memory, 'memory.stat'),
  ]);
  return {
    resources: {
      cpuShares: Number(shares),
      cpuQuota: Number(quota) > 0 ? Number(quota) : undefined,
      memoryBytes: Number(limit) < unlimitedBytes ? Number(limit) : undefined,
    },
    memoryUsageBytes: Number(usage) - inactive(stat, 'total_inactive_file'),
  };
}

async function readV2(layout: CgroupLayout, path: string): Promise<ContainerCgroup> {
  const directory = cgroupDirectory(layout, '', path);
  const [weight, max, limit, usage, stat] = await Promise.all([
    read(directory, 'cpu.weight'),
    read(directory, 'cpu.max'),
    read(directory, 'memory.max'),
    read(directory, 'memory.current'),
    read(directory, 'memory.stat'),
  ]);
  const [quota = 'max', period = '100000'] = max.split(' ');
  return {
    resources: {
      cpuShares: Math.ceil(((Number(weight) - 1) * 262_142) / 9999) + 2,
      cpuQuota: quota === 'max' ? undefined : (Number(quota) * 100_000) / Number(period),
      memoryBytes: limit === 'max' ? undefined : Number(limit),
    },
    cpuWeight: Number(weight),
    memoryUsageBytes: Number(usage) - inactive(stat, 'inactive_file'),
  };
}

async function read(directory: string, file: string): Promise<string> {
  return (await readFile(join(directory, file), 'utf8')).trim();
}

function inactive(stat: string, field: string): number {
  return Number(new RegExp(`^${field} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0);
}

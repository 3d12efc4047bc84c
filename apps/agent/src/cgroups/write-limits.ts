import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CgroupLayout, cgroupDirectory } from './cgroup-paths.ts';
import type { PodLimits } from './pod-limits.ts';

/** `growing` leaves a limit that is higher, or none, as it is. */
export type LimitMode = 'exactly' | 'growing';

/** No v1 limit is larger: it is the kernel's "none". */
const unlimitedBytes = 2 ** 62;

/** Writes cpu and memory limits of a cgroup that is above those of containers. */
export async function writePodLimits(
  layout: CgroupLayout,
  path: string,
  { cpuQuota, memoryBytes }: PodLimits,
  mode: LimitMode,
): Promise<void> {
  const cpu = cgroupDirectory(layout, 'cpu', path);
  const memory = cgroupDirectory(layout, 'memory', path);
  if (layout.version === 2) {
    const quota = (value: number | undefined) => `${value ?? 'max'} 100000`;
    await writeLimit(join(cpu, 'cpu.max'), cpuQuota, mode, quota);
    await writeLimit(join(memory, 'memory.max'), memoryBytes, mode, (value) => `${value ?? 'max'}`);
    return;
  }
  // The hierarchies of v1 are apart; without a limit ever there is no need for a directory in both.
  if (memoryBytes !== undefined) await mkdir(memory, { recursive: true });
  await writeLimit(join(cpu, 'cpu.cfs_quota_us'), cpuQuota, mode, (value) => String(value ?? -1));
  await writeLimit(join(memory, 'memory.limit_in_bytes'), memoryBytes, mode, (value) => String(value ?? -1));
}

/** Limits the processes and threads of a cgroup and those below it. */
export async function writeProcessLimit(layout: CgroupLayout, path: string, limit: number): Promise<void> {
  const directory = cgroupDirectory(layout, 'pids', path);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'pids.max'), String(limit));
}

async function writeLimit(
  file: string,
  value: number | undefined,
  mode: LimitMode,
  format: (value: number | undefined) => string,
): Promise<void> {
  const current = await readLimit(file);
  if (current === 'missing' || current === value) return;
  const isHigher = current === undefined || (value !== undefined && current > value);
  if (mode === 'growing' && isHigher) return;
  await writeFile(file, format(value));
}

/** Undefined where there is no limit. */
async function readLimit(file: string): Promise<number | undefined | 'missing'> {
  const text = await readFile(file, 'utf8').catch(() => 'missing');
  if (text === 'missing') return 'missing';
  const value = Number.parseInt(text, 10);
  return Number.isNaN(value) || value < 0 || value >= unlimitedBytes ? undefined : value;
}

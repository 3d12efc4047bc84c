import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const root = '/sys/fs/cgroup';

/** The limits of a process as the kernel has them; undefined where there is none. */
export interface CgroupLimits {
  readonly cpuShares: number;
  readonly cpuPeriod: number;
  readonly cpuQuota: number | undefined;
  readonly memoryBytes: number | undefined;
}

/** Reads the cgroup of a process of this host, of whichever version. */
export async function readCgroupLimits(pid: number): Promise<CgroupLimits> {
  const lines = (await readFile(`/proc/${pid}/cgroup`, 'utf8')).trim().split('\n');
  const isV2 = await access(join(root, 'cgroup.controllers')).then(
    () => true,
    () => false,
  );
  return isV2 ? readV2(pathOf(lines, '')) : readV1(pathOf(lines, 'cpu'), pathOf(lines, 'memory'));
}

/** The path in the hierarchy of a v1 controller; of the one of v2 for the empty name. */
function pathOf(lines: readonly string[], controller: string): string {
  for (const line of lines) {
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers.split(',').includes(controller)) return path;
  }
  throw new Error(`no cgroup of ${controller || 'version 2'} in:\n${lines.join('\n')}`);
}

async function readV1(cpuPath: string, memoryPath: string): Promise<CgroupLimits> {
  const cpu = (file: string) => readNumber(join(root, 'cpu', cpuPath, file));
  const quota = await cpu('cpu.cfs_quota_us');
  const memory = await readNumber(join(root, 'memory', memoryPath, 'memory.limit_in_bytes'));
  return {
    cpuShares: await cpu('cpu.shares'),
    cpuPeriod: await cpu('cpu.cfs_period_us'),
    cpuQuota: quota < 0 ? undefined : quota,
    // "None" is the largest number of whole pages.
    memoryBytes: memory > 2 ** 60 ? undefined : memory,
  };
}

async function readV2(path: string): Promise<CgroupLimits> {
  const read = async (file: string) => (await readFile(join(root, path, file), 'utf8')).trim();
  const [quota = 'max', period] = (await read('cpu.max')).split(' ');
  const memory = await read('memory.max');
  return {
    cpuShares: sharesOfWeight(Number(await read('cpu.weight'))),
    cpuPeriod: Number(period),
    cpuQuota: quota === 'max' ? undefined : Number(quota),
    memoryBytes: memory === 'max' ? undefined : Number(memory),
  };
}

/** runc maps shares 2..262144 to weights 1..10000; several shares have one weight, so this is the nearest. */
function sharesOfWeight(weight: number): number {
  return Math.round(2 + ((weight - 1) * 262_142) / 9_999);
}

async function readNumber(path: string): Promise<number> {
  return Number((await readFile(path, 'utf8')).trim());
}

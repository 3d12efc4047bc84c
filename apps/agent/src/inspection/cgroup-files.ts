import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KernelFact } from '@gantry/api-types';
import { type CgroupLayout, cgroupDirectory } from '../cgroups/cgroup-paths.ts';
import type { Expectations } from './expected-values.ts';
import { isErrno, type Proc, readProcFile } from './proc.ts';

const maxTextLength = 2_000;

/** Controller and file; which of them exist depends on the kernel. */
const filesOfV1: readonly (readonly [string, string])[] = [
  ['cpu', 'cpu.shares'],
  ['cpu', 'cpu.cfs_quota_us'],
  ['cpu', 'cpu.cfs_period_us'],
  ['cpu', 'cpu.stat'],
  ['cpuacct', 'cpuacct.usage'],
  ['memory', 'memory.limit_in_bytes'],
  ['memory', 'memory.memsw.limit_in_bytes'],
  ['memory', 'memory.soft_limit_in_bytes'],
  ['memory', 'memory.usage_in_bytes'],
  ['memory', 'memory.max_usage_in_bytes'],
  ['memory', 'memory.failcnt'],
  ['memory', 'memory.stat'],
  ['pids', 'pids.max'],
  ['pids', 'pids.current'],
  ['blkio', 'blkio.throttle.read_bps_device'],
  ['blkio', 'blkio.throttle.write_bps_device'],
  ['blkio', 'blkio.throttle.read_iops_device'],
  ['blkio', 'blkio.throttle.write_iops_device'],
  ['blkio', 'blkio.weight'],
  ['blkio', 'blkio.bfq.weight'],
];

const filesOfV2: readonly (readonly [string, string])[] = [
  'cpu.weight',
  'cpu.max',
  'cpu.stat',
  'memory.max',
  'memory.swap.max',
  'memory.low',
  'memory.current',
  'memory.peak',
  'memory.events',
  'memory.stat',
  'pids.max',
  'pids.current',
  'io.max',
  'io.weight',
  'io.bfq.weight',
].map((name) => ['', name] as const);

/** Of memory.stat's forty and more lines those that most questions are about; v1's `total_` ones count groups below. */
const mainMemoryLines: ReadonlySet<string> = new Set([
  ...['anon', 'file', 'kernel', 'kernel_stack', 'sock', 'shmem', 'inactive_file', 'active_file', 'slab', 'pgmajfault'],
  ...['hierarchical_memory_limit', 'total_cache', 'total_rss', 'total_shmem', 'total_mapped_file'],
  ...['total_inactive_file', 'total_active_file', 'total_pgmajfault'],
]);

/** The process's path in the hierarchy of the controller, as the kernel has it; undefined where it is in none. */
export async function cgroupPathOf(
  proc: Proc,
  layout: CgroupLayout,
  pid: number,
  controller: string,
): Promise<string | undefined> {
  const lines = (await readProcFile(proc, pid, 'cgroup')).split('\n').map((line) => line.split(':'));
  const line = lines.find(([number, controllers = '']) =>
    layout.version === 1 ? controllers.split(',').includes(controller) : number === '0' && controllers === '',
  );
  return line?.slice(2).join(':');
}

/**
 * The files of one cgroup, with what the YAML says beside those that have an expectation. Files that the kernel does not
 * have are left out; rejects where the agent may not read them.
 */
export async function readCgroupFiles(
  layout: CgroupLayout,
  pathOf: (controller: string) => string | undefined,
  expectations: Expectations,
): Promise<readonly KernelFact[]> {
  const files = layout.version === 1 ? filesOfV1 : filesOfV2;
  const facts = await Promise.all(
    files.map(async ([controller, name]) => {
      const path = pathOf(controller);
      if (path === undefined) return [];
      const file = join(cgroupDirectory(layout, controller, path), name);
      const text = await readText(file);
      return text === undefined ? [] : [toFact(file, name, text, expectations)];
    }),
  );
  return facts.flat();
}

/** What was read, beside what was expected. Pure. */
export function toFact(path: string, name: string, raw: string, expectations: Expectations): KernelFact {
  const trimmed = raw.trimEnd();
  const text = (name === 'memory.stat' ? mainLines(trimmed) : trimmed).slice(0, maxTextLength);
  const expectation = expectations.get(name);
  if (!expectation) return { path, name, text };
  const { agrees, ...declared } = expectation;
  return { path, name, text, declared: { ...declared, agrees: agrees(text) } };
}

function mainLines(text: string): string {
  // v1 has the same words without `total_`, for the group without those below it.
  const isV1 = text.includes('\ntotal_');
  const isMain = (name = '') => mainMemoryLines.has(name) && (!isV1 || /^(total|hierarchical)_/.test(name));
  return text
    .split('\n')
    .filter((line) => isMain(line.split(' ', 1)[0]))
    .join('\n');
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    // ENODEV and EOPNOTSUPP: the file stands there for a feature that the kernel was started without.
    if (isErrno(error, 'ENOENT', 'ENODEV', 'EOPNOTSUPP', 'ENOTDIR')) return undefined;
    throw error;
  }
}

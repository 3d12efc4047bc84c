import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CgroupLayout, cgroupDirectory, exists } from './cgroup-paths.ts';

const pools = '/sys/kernel/mm/hugepages';
const kibi = 1024;

/**
 * The bytes of huge pages that the host has set aside, by page size; 0 for a size that it could have. Empty where pods
 * could not be held to what they ask for: the engine knows no limit of them, so the cgroup of a pod must.
 */
export async function readHugePages(layout: CgroupLayout, directory = pools): Promise<ReadonlyMap<number, number>> {
  const found = new Map<number, number>();
  if (!(await canLimitHugePages(layout))) return found;
  for (const name of await readdir(directory).catch(() => [])) {
    const pageBytes = Number(/^hugepages-(\d+)kB$/.exec(name)?.[1] ?? 0) * kibi;
    const count = Number(await readFile(join(directory, name, 'nr_hugepages'), 'utf8').catch(() => 'none'));
    if (pageBytes > 0 && Number.isInteger(count)) found.set(pageBytes, count * pageBytes);
  }
  return new Map([...found].sort(([a], [b]) => a - b));
}

async function canLimitHugePages({ driver, version, root }: CgroupLayout): Promise<boolean> {
  if (driver !== 'cgroupfs') return false;
  if (version === 1) return exists(join(root, 'hugetlb'));
  const controllers = await readFile(join(root, 'cgroup.controllers'), 'utf8').catch(() => '');
  return controllers.trim().split(' ').includes('hugetlb');
}

/** Limits a cgroup and those below it to `wanted` bytes by page size, and to nothing of every other of the `sizes`. */
export async function writeHugePageLimits(
  layout: CgroupLayout,
  path: string,
  sizes: readonly number[],
  wanted: ReadonlyMap<number, number>,
): Promise<void> {
  if (sizes.length === 0) return;
  const directory = cgroupDirectory(layout, 'hugetlb', path);
  await mkdir(directory, { recursive: true });
  const end = layout.version === 1 ? 'limit_in_bytes' : 'max';
  for (const size of sizes) {
    const text = String(wanted.get(size) ?? 0);
    const name = `hugetlb.${kernelName(size)}`;
    // What is promised counts too, where the kernel counts it: else a program dies at its first use instead.
    const promised = join(directory, `${name}.rsvd.${end}`);
    if (await exists(promised)) await writeFile(promised, text);
    await writeFile(join(directory, `${name}.${end}`), text);
  }
}

/** `2MB`, `1GB`, `64KB`. */
function kernelName(pageBytes: number): string {
  const units = ['KB', 'MB', 'GB'] as const;
  let amount = pageBytes / kibi;
  let unit = 0;
  while (amount >= kibi && unit < units.length - 1) {
    amount /= kibi;
    unit += 1;
  }
  return `${amount}${units[unit]}`;
}

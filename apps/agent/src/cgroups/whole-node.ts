import type { WholeNodeUsage } from '@gantry/api-types';
import type { CgroupLayout } from './cgroup-paths.ts';
import { CgroupFiles } from './container-counters.ts';
import { type KernelFiles, kernelFile } from './kernel-files.ts';

/** What a node as a whole has used so far and holds now. */
export type WholeNodeCounters = Omit<WholeNodeUsage, 'cpuMilli'>;

/** Where the figures of a whole node are: on its host, or where it shares one, in its own cgroup. */
export type WholeNodePlace =
  | { readonly type: 'host'; readonly procRoot?: string }
  /** Asked each time: the cgroup comes with the first pod. Undefined where the node has none: its pods count alone. */
  | { readonly type: 'cgroup'; readonly path: () => string | undefined };

/** The kernel counts cpu in hundredths of a second, whatever its own clock is. */
const microsPerTick = 10_000;

/** Reads what the node uses as a whole; undefined where that cannot be read. */
export function createWholeNodeReader(
  files: KernelFiles,
  layout: CgroupLayout,
  place: WholeNodePlace,
): () => WholeNodeCounters | undefined {
  if (place.type === 'host') return createHostReader(files, place.procRoot ?? '/proc');
  let opened: { readonly path: string; readonly cgroup: CgroupFiles } | undefined;
  return () => {
    const path = place.path();
    if (path === undefined) return undefined;
    if (opened?.path !== path) {
      opened?.cgroup.close();
      opened = { path, cgroup: new CgroupFiles(files, layout, path) };
    }
    const counters = opened.cgroup.read();
    if (!counters) {
      opened.cgroup.close();
      opened = undefined;
      return undefined;
    }
    return { cpuMicros: counters.cpuMicros, memoryBytes: counters.memoryBytes, of: 'cgroup' };
  };
}

function createHostReader(files: KernelFiles, procRoot: string): () => WholeNodeCounters | undefined {
  const stat = kernelFile(`${procRoot}/stat`);
  const memory = kernelFile(`${procRoot}/meminfo`);
  return () => {
    const [cpuText, memoryText] = [files.read(stat), files.read(memory)];
    if (cpuText === undefined || memoryText === undefined) return undefined;
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = ticksOf(cpuText);
    const kibibytes = kibibytesOf(memoryText, 'MemTotal') - kibibytesOf(memoryText, 'MemAvailable');
    return {
      cpuMicros: (user + nice + system + irq + softirq) * microsPerTick,
      memoryBytes: Math.max(0, kibibytes) * 1024,
      of: 'host',
    };
  };
}

/** The first line adds up all processors. */
function ticksOf(text: string): number[] {
  const end = text.indexOf('\n');
  return text
    .slice(0, end < 0 ? undefined : end)
    .trim()
    .split(/ +/)
    .slice(1)
    .map(Number);
}

function kibibytesOf(text: string, name: string): number {
  return Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
}

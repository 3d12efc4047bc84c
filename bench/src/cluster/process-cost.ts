import { readFile } from 'node:fs/promises';

/** What a process has used so far (Linux). */
export interface ProcessCost {
  readonly residentMegabytes: number;
  readonly cpuSeconds: number;
}

/** Kernel clock ticks a second: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

export async function readProcessCost(pid: number): Promise<ProcessCost> {
  const [status, stat] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'utf8'),
    readFile(`/proc/${pid}/stat`, 'utf8'),
  ]);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN);
  return {
    residentMegabytes: kilobytes / 1024,
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
  };
}

/** Megabytes now, and per cent of one core over the next `seconds`. */
export async function measureProcesses(
  pids: readonly number[],
  seconds: number,
): Promise<{ residentMegabytes: number; cpuPercent: number }[]> {
  const before = await Promise.all(pids.map(readProcessCost));
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const after = await Promise.all(pids.map(readProcessCost));
  return after.map((cost, i) => ({
    residentMegabytes: cost.residentMegabytes,
    cpuPercent: ((cost.cpuSeconds - (before[i]?.cpuSeconds ?? 0)) / seconds) * 100,
  }));
}

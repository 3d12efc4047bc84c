import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessInspection, ProcessList } from '@gantry/api-types';
import { type Proc, readProcFile } from './proc.ts';

const maxProcesses = 200;

/** The processes of a cgroup (those of groups that the container made below it left out), by `cgroup.procs`. */
export async function readProcesses(proc: Proc, cgroupDirectory: string): Promise<ProcessList> {
  const text = await readFile(join(cgroupDirectory, 'cgroup.procs'), 'utf8');
  const pids = [
    ...new Set(
      text
        .split('\n')
        .filter((line) => line !== '')
        .map(Number),
    ),
  ].sort((a, b) => a - b);
  const found = await Promise.all(
    pids.slice(0, maxProcesses).map(async (pid) => {
      // It ended meanwhile.
      const status = await readProcFile(proc, pid, 'status').catch(() => '');
      return status === '' ? [] : [toProcess(pid, status)];
    }),
  );
  return { items: found.flat(), count: pids.length };
}

/** A process by its `/proc/PID/status`. Its arguments are not read: they may hold a secret. */
function toProcess(pid: number, status: string): ProcessInspection {
  const line = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1]?.trim() ?? '';
  const numbers = (name: string) => line(name).split(/\s+/).map(Number);
  return {
    pid,
    parentPid: Number(line('PPid')),
    innerPid: numbers('NSpid').at(-1) || pid,
    command: line('Name'),
    state: line('State').slice(0, 1),
    uid: numbers('Uid')[0] ?? 0,
    threads: Number(line('Threads')) || 1,
    residentBytes: (numbers('VmRSS')[0] || 0) * 1024,
  };
}

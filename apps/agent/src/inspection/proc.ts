import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { NamespaceKind } from '@gantry/api-types';

/** The kernel's `/proc`, or a folder of a test that looks like it. */
export interface Proc {
  readonly root: string;
}

export const hostProc: Proc = { root: '/proc' };

const kinds: readonly NamespaceKind[] = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts'];
/** More processes than any host of ours; what is beyond is not looked at. */
const maxProcesses = 20_000;
const parallelReads = 32;

/** A file of a process; rejects as `readFile` does. */
export function readProcFile({ root }: Proc, pid: number, name: string): Promise<string> {
  return readFile(join(root, String(pid), name), 'utf8');
}

/** What the process's namespaces link to. Those that the kernel lacks are left out; rejects where it may not be read. */
export async function readNamespaces({ root }: Proc, pid: number): Promise<ReadonlyMap<NamespaceKind, string>> {
  const links = await Promise.all(
    kinds.map(async (kind) => {
      try {
        return [[kind, await readlink(join(root, String(pid), 'ns', kind))] as const];
      } catch (error) {
        // An older kernel has no such kind; a process that is gone has none at all, which shows in the result.
        if (isErrno(error, 'ENOENT')) return [];
        throw error;
      }
    }),
  );
  return new Map(links.flat());
}

/** Whether the number is, on this host, a process of the container. */
export async function isProcessOf(proc: Proc, pid: number, containerId: string): Promise<boolean> {
  const table = await readProcFile(proc, pid, 'cgroup').catch(() => '');
  return table.includes(containerId);
}

/** The first process of every container on the host, by the engine's id: found by the names of their cgroups. */
export async function findContainerProcesses({ root }: Proc): Promise<ReadonlyMap<string, number>> {
  const names = await readdir(root);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const waiting = pids.sort((a, b) => a - b).slice(0, maxProcesses);
  const found = new Map<string, number>();
  while (waiting.length > 0) {
    const some = waiting.splice(0, parallelReads);
    const ids = await Promise.all(some.map(async (pid) => containerIdIn(await tableOf(root, pid))));
    ids.forEach((id, index) => {
      const pid = some[index];
      if (id !== undefined && pid !== undefined && !found.has(id)) found.set(id, pid);
    });
  }
  return found;
}

function tableOf(root: string, pid: number): Promise<string> {
  // It ended meanwhile, which is no error.
  return readFile(join(root, String(pid), 'cgroup'), 'utf8').catch(() => '');
}

/** `…/<64 hexadecimal digits>` of the cgroupfs driver, `docker-<digits>.scope` of systemd's. */
function containerIdIn(table: string): string | undefined {
  return /[/-]([0-9a-f]{64})(?:\.scope)?$/m.exec(table)?.[1];
}

/** Whether the error is of that code. */
export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

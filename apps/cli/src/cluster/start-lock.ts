import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Terminal } from '../output/terminal.ts';
import { isSystemError, UserError } from '../output/user-error.ts';

const waitMs = 120_000;
const retryMs = 200;
/** A lock without a holder's id is that of a process which has just made it, or died in that moment. */
const namelessMs = 5_000;

/**
 * One cluster of this host starts at a time: ports and address ranges are chosen by what is free, and become taken only
 * some seconds later. Resolves with what releases the lock; a holder that died does not hold it.
 */
export async function takeStartLock(
  terminal: Terminal,
  path = join(tmpdir(), 'gantry-starting'),
): Promise<() => Promise<void>> {
  const deadline = Date.now() + waitMs;
  while (!(await tryTake(path))) {
    const holder = await holderOf(path);
    if (holder === undefined) {
      await rm(path, { recursive: true, force: true });
      continue;
    }
    if (Date.now() > deadline)
      throw new UserError(`another cluster has been starting for ${waitMs / 1000} s (process ${holder}): end it first`);
    terminal.progress(`another cluster is starting (process ${holder}): waiting for it`);
    await pause(retryMs);
  }
  return () => rm(path, { recursive: true, force: true });
}

async function tryTake(path: string): Promise<boolean> {
  try {
    await mkdir(path);
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return false;
    throw error;
  }
  await writeFile(join(path, 'pid'), String(process.pid));
  return true;
}

/** Who holds the lock; undefined where nobody does any more. */
async function holderOf(path: string): Promise<string | undefined> {
  try {
    const pid = (await readFile(join(path, 'pid'), 'utf8')).trim();
    if (pid !== '') return isAlive(Number(pid)) ? pid : undefined;
  } catch {
    // Not written yet, or gone by now.
  }
  const made = await stat(path).catch(() => undefined);
  return made && Date.now() - made.mtimeMs < namelessMs ? 'unknown' : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process, but one that runs.
    return isSystemError(error, 'EPERM');
  }
}

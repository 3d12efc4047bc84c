import { setTimeout as pause } from 'node:timers/promises';

const pollMs = 100;

/** Asks until `check` says true; rejects after `timeoutMs` with what was waited for. */
export async function waitUntil(what: string, timeoutMs: number, check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs / 1000} s: ${what}`);
    await pause(pollMs);
  }
}

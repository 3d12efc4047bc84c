import { createHash } from 'node:crypto';
import type { Payload } from './atomic-writer.ts';

/**
 * Names a payload by what is in it, ownership included: what is on disk can be compared with what is wanted without
 * reading it, also by the next agent. Pure.
 */
export function payloadVersion(payload: Payload, group: number | undefined): string {
  const hash = createHash('sha256').update(`${group ?? ''}\n`);
  for (const [path, { data, mode, uid }] of [...payload].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${JSON.stringify(path)} ${mode} ${uid ?? ''} ${data.byteLength}\n`).update(data);
  }
  return hash.digest('hex').slice(0, 32);
}

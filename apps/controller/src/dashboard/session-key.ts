import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ensurePrivateDirectory, readIfPresent, writePrivateFile } from '../pki/private-files.ts';

/** The key that signs dashboard sessions, made at first start and kept (mode 0600), so that open pages survive a restart. */
export async function openSessionKey(dataDir: string): Promise<Uint8Array> {
  const path = join(dataDir, 'dashboard-session.key');
  const kept = Buffer.from((await readIfPresent(path)) ?? '', 'base64');
  if (kept.length === 32) return kept;
  const key = randomBytes(32);
  await ensurePrivateDirectory(dataDir);
  await writePrivateFile(path, `${key.toString('base64')}\n`);
  return key;
}

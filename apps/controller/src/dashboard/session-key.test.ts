import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openSessionKey } from './session-key.ts';

it('is made once, kept for its owner only, and made anew where the file is broken', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'gantry-key-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const dataDir = join(dir, 'data');
  const key = await openSessionKey(dataDir);
  expect(key).toHaveLength(32);
  expect(await openSessionKey(dataDir)).toEqual(key);
  const file = join(dataDir, 'dashboard-session.key');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await writeFile(file, 'broken');
  expect(await openSessionKey(dataDir)).not.toEqual(key);
});

import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@gantry/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTokenStore } from './token-store.ts';
import { nodeUser } from './user.ts';

describe('the token store', () => {
  let dataDir: string;
  let clock: FakeClock;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'gantry-auth-'));
    clock = new FakeClock();
  });
  afterEach(() => rm(dataDir, { recursive: true }));
  const open = () => openTokenStore({ dataDir, clock });

  it('knows the admin by a token that it keeps over restarts', async () => {
    const first = await open();
    expect(first.authenticate(`Bearer ${first.adminToken}`)).toMatchObject({ role: { type: 'admin' } });
    expect((await open()).adminToken).toBe(first.adminToken);
    expect((await stat(join(dataDir, 'auth', 'admin-token'))).mode & 0o777).toBe(0o600);
  });

  it.each([undefined, '', 'Bearer', 'Bearer ', 'Bearer wrong', 'Basic YTpi', 'bearer'])(
    'does not know %j',
    async (header) => {
      expect((await open()).authenticate(header)).toBeUndefined();
    },
  );

  it('knows issued tokens over restarts, and keeps only their digests', async () => {
    const store = await open();
    const token = await store.issueToken(nodeUser('node-1'));
    expect(store.authenticate(`bearer ${token}`)).toEqual(nodeUser('node-1'));
    expect((await open()).authenticate(`Bearer ${token}`)).toEqual(nodeUser('node-1'));
    const path = join(dataDir, 'auth', 'tokens.json');
    expect(await readFile(path, 'utf8')).not.toContain(token);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('forgets what was revoked, at once and over restarts', async () => {
    const store = await open();
    const gone = await store.issueToken(nodeUser('node-1'));
    const kept = await store.issueToken(nodeUser('node-2'));
    await store.revoke('system:node:node-1');
    for (const opened of [store, await open()]) {
      expect(opened.authenticate(`Bearer ${gone}`)).toBeUndefined();
      expect(opened.authenticate(`Bearer ${kept}`)).toBeDefined();
    }
  });

  it('does not let the admin lock itself out', async () => {
    const store = await open();
    await store.revoke('kubernetes-admin');
    expect(store.authenticate(`Bearer ${store.adminToken}`)).toBeDefined();
  });

  it('ends tokens at their time', async () => {
    const store = await open();
    const token = await store.issueToken(nodeUser('n'), { expiresAt: clock.now() + 1000 });
    expect(store.authenticate(`Bearer ${token}`)).toBeDefined();
    clock.advance(1000);
    expect(store.authenticate(`Bearer ${token}`)).toBeUndefined();
  });

  it('loses no token of many issued at once', async () => {
    const store = await open();
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, i) => store.issueToken(nodeUser(`n${i}`))));
    const reopened = await open();
    for (const token of tokens) expect(reopened.authenticate(`Bearer ${token}`)).toBeDefined();
  });

  it('says what to do about a broken file', async () => {
    await open();
    await writeFile(join(dataDir, 'auth', 'tokens.json'), '{broken');
    await expect(open()).rejects.toThrow(/restore it, or remove it/);
  });
});

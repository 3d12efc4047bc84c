import { execFile } from 'node:child_process';
import { mkdtemp, open, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import type { StoreEvent } from '@gantry/core';
import { describeStoreConformance } from '@gantry/core/testing';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteStore, type SqliteStoreOptions } from './sqlite-store.ts';

let directory: string;
let paths = 0;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gantry-store-'));
});
afterAll(() => rm(directory, { recursive: true }));

function newPath(): string {
  paths += 1;
  return join(directory, `${paths}`, 'state.db');
}

function openAt(path: string, options: Partial<SqliteStoreOptions> = {}) {
  return openSqliteStore({ path, logger: pino({ level: 'silent' }), ...options });
}

describeStoreConformance('the SQLite store', () => openAt(newPath()));

describe('a reopened SQLite store', () => {
  it('has the same records, history and revisions', async () => {
    const path = newPath();
    const first = await openAt(path);
    const a = await first.create('/a', '1');
    await first.update('/a', '2', a);
    await first.create('/b', '1');
    await first.compact(a);
    const facts = async (store: typeof first) => ({
      current: store.currentRevision,
      compacted: store.compactedRevision,
      records: await store.list('/'),
      history: await store.history('/', a, store.currentRevision),
    });
    const before = await facts(first);
    await first.close();
    await using second = disposable(await openAt(path));
    expect(await facts(second)).toEqual(before);
  });

  it('never gives a revision twice, even where the newest was a deletion that is compacted', async () => {
    const path = newPath();
    const first = await openAt(path);
    const deleted = await first.delete('/a', await first.create('/a', '1'));
    await first.compact(deleted);
    await first.close();
    await using second = disposable(await openAt(path));
    expect(second.currentRevision).toBe(deleted);
    expect(await second.create('/a', '1')).toBe(deleted + 1);
  });
});

describe('opening a SQLite store', () => {
  it('makes the directory and a file that only this user can read', async () => {
    const path = newPath();
    await using store = disposable(await openAt(path));
    await store.create('/a', '1');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(`${path}-wal`)).mode & 0o777).toBe(0o600);
  });

  it('is refused while another process has it open', async () => {
    const path = newPath();
    await using store = disposable(await openAt(path));
    await store.create('/a', '1');
    const child = join(import.meta.dirname, 'sqlite-store.kill-child.ts');
    const failed = await promisify(execFile)(process.execPath, [child, path, 'run']).catch((error) => error);
    expect(failed.stderr).toBe(
      `${path} is in use by another process: only one controller may run on a data directory\n`,
    );
    await expect(openAt(path)).rejects.toThrow('is in use by another process');
    expect(await store.get('/a')).toMatchObject({ value: '1' });
  });

  it('is refused in one sentence where the file is no database, damaged, foreign or newer', async () => {
    const garbage = join(directory, 'garbage.db');
    await writeFile(garbage, 'not a database, whatever it may say '.repeat(1000));
    const foreign = join(directory, 'foreign.db');
    withDatabase(foreign, 'CREATE TABLE t (x)');
    const newer = newPath();
    await (await openAt(newer)).close();
    withDatabase(newer, 'PRAGMA user_version = 99');
    const damaged = await makeDamaged();
    const sentences = {
      [garbage]: 'is damaged or not a database: restore it from a backup or move it away to start anew',
      [foreign]: 'is not a Gantry database: move it away to start anew',
      [newer]: 'was written by a newer Gantry (schema 99, this one knows 1): upgrade Gantry',
      [damaged]: 'is damaged',
    };
    for (const [path, sentence] of Object.entries(sentences)) {
      const error = await openAt(path).catch((reason: Error) => reason);
      expect(error).toBeInstanceOf(Error);
      expect((error as Error).message).toContain(`${path} ${sentence}`);
      expect((error as Error).message).not.toContain('\n');
    }
  });

  it('is refused in one sentence where no file can be', async () => {
    const file = join(directory, 'file');
    await writeFile(file, '');
    await expect(openAt(join(file, 'state.db'))).rejects.toThrow(
      /^\S+ cannot be opened for writing \((EEXIST|ENOTDIR)/,
    );
    await expect(openAt(directory)).rejects.toThrow(/^\S+ cannot be opened for writing \(EISDIR/);
  });
});

describe('a SQLite store under pressure', () => {
  it('fails writes on a full disk, announces none of them, and goes on once there is room', async () => {
    await using store = disposable(await openAt(newPath(), { maxBytes: 400_000 }));
    const seen: StoreEvent[] = [];
    await store.watch('/', 0, (events) => seen.push(...events), new AbortController().signal);
    const revision = await store.create('/grows', '{}');
    const writes: Promise<number>[] = [];
    const big = 'x'.repeat(10_000);
    let last = revision;
    const failure = await (async () => {
      for (;;) last = await store.update('/grows', big, last);
    })().catch((error: Error) => error);
    expect(failure).toMatchObject({ name: 'StoreError', code: 'full' });
    expect(failure).toHaveProperty('message', expect.stringMatching(/^\S+state\.db cannot grow: the disk is full$/));
    for (let i = 0; i < 5; i += 1) writes.push(store.create(`/k${i}`, big));
    const results = await Promise.allSettled(writes);
    expect(results.map((result) => result.status)).toEqual(Array(5).fill('rejected'));
    expect(store.currentRevision).toBe(last);
    expect(seen.at(-1)?.revision).toBe(last);
    expect(await store.get('/grows')).toMatchObject({ revision: last, value: big });
    await store.compact(last);
    expect(await store.create('/k0', big)).toBe(last + 1);
  });

  it('refuses more writes than may wait, and serves those that do', async () => {
    await using store = disposable(await openAt(newPath(), { maxWaitingWrites: 10 }));
    const results = await Promise.allSettled(Array.from({ length: 12 }, (_, i) => store.create(`/k${i}`, '1')));
    const refused = results.filter((result) => result.status === 'rejected').map((result) => String(result.reason));
    expect(refused).toEqual(Array(2).fill('StoreError: the store is overloaded: 10 writes wait for the disk'));
    expect((await store.list('/')).records).toHaveLength(10);
    expect(await store.create('/later', '1')).toBeGreaterThan(0);
  });
});

function disposable<S extends { close(): Promise<void> }>(store: S): S & AsyncDisposable {
  return Object.assign(store, { [Symbol.asyncDispose]: () => store.close() });
}

function withDatabase(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

/** A store whose pages in the middle are overwritten. */
async function makeDamaged(): Promise<string> {
  const path = newPath();
  const store = await openAt(path);
  await Promise.all(Array.from({ length: 200 }, (_, i) => store.create(`/k${i}`, 'x'.repeat(1000))));
  await store.close();
  const file = await open(path, 'r+');
  await file.write(Buffer.alloc(40_000, 0x5a), 0, 40_000, 32_768);
  await file.close();
  return path;
}

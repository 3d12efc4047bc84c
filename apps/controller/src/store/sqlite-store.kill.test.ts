import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Store } from '@gantry/core';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { Acknowledged } from './sqlite-store.kill-child.ts';
import { openSqliteStore } from './sqlite-store.ts';

const rounds = Number(process.env.GANTRY_SOAK_KILLS ?? 5);
/** A database grows with each round; a new one now and then keeps hundreds of rounds quick. */
const roundsPerDatabase = 20;
const childPath = join(import.meta.dirname, 'sqlite-store.kill-child.ts');

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gantry-kill-'));
});
afterAll(() => rm(directory, { recursive: true }));

it(`loses no acknowledged write when killed at any moment (${rounds} times)`, {
  timeout: 20_000 + rounds * 5000,
}, async () => {
  const newest = new Map<string, Acknowledged>();
  let lastRevision = 0;
  for (let round = 0; round < rounds; round += 1) {
    const path = join(directory, `${Math.floor(round / roundsPerDatabase)}.db`);
    if (round % roundsPerDatabase === 0) {
      newest.clear();
      lastRevision = 0;
    }
    const acknowledged = await writeAndKill(path, `round-${round}`, 1 + Math.floor(Math.random() * 4000));
    for (const write of acknowledged) newest.set(write.key, write);
    const store = await openSqliteStore({ path, logger: pino({ level: 'silent' }) });
    try {
      expect(store.currentRevision).toBeGreaterThanOrEqual(
        Math.max(lastRevision, ...acknowledged.map((w) => w.revision)),
      );
      await checkHistory(store, acknowledged);
      await checkPresent(store, newest);
      lastRevision = await store.create(`/after/${round}`, '{}');
      expect(lastRevision).toBe(store.currentRevision);
    } finally {
      await store.close();
    }
  }
});

/** Runs the writing child and kills it once it has acknowledged so many writes; all it has acknowledged by its end. */
async function writeAndKill(path: string, run: string, killAfter: number): Promise<Acknowledged[]> {
  const child = spawn(process.execPath, [childPath, path, run], { stdio: ['ignore', 'pipe', 'pipe'] });
  const errors: string[] = [];
  child.stderr.on('data', (data: Buffer) => errors.push(data.toString()));
  const exited = once(child, 'exit');
  // Whatever goes wrong below, no writer is left behind.
  onTestFinished(() => void child.kill('SIGKILL'));
  const acknowledged: Acknowledged[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    // The kill may have cut the last line.
    if (line.endsWith('}')) acknowledged.push(JSON.parse(line) as Acknowledged);
    if (acknowledged.length === killAfter) child.kill('SIGKILL');
  }
  const [, signal] = await exited;
  expect({ signal, errors }).toEqual({ signal: 'SIGKILL', errors: [] });
  return acknowledged;
}

/** Revisions without a gap, and every acknowledged write at its own. */
async function checkHistory(store: Store, acknowledged: readonly Acknowledged[]): Promise<void> {
  const { compactedRevision, currentRevision } = store;
  const events = await store.history('/', compactedRevision, currentRevision);
  const gaps = events.filter((event, index) => index > 0 && event.revision !== (events[index - 1]?.revision ?? 0) + 1);
  expect(gaps).toEqual([]);
  const byRevision = new Map(events.map((event) => [event.revision, event]));
  for (const write of acknowledged) {
    if (write.revision > compactedRevision) expect(byRevision.get(write.revision)).toMatchObject(write);
  }
}

/**
 * Every key is as its newest acknowledged write left it, or one write further: that was under way when the kill came.
 * Such a write counts as acknowledged from then on, since it was seen.
 */
async function checkPresent(store: Store, newest: Map<string, Acknowledged>): Promise<void> {
  const present = new Map((await store.list('/')).records.map((record) => [record.key, record]));
  for (const { key, type, value, revision } of newest.values()) {
    const record = present.get(key);
    if (record?.revision === revision) expect(record.value).toBe(value);
    else if (record) {
      expect(record.revision).toBeGreaterThan(revision);
      newest.set(key, { ...record, type: 'updated' });
    } else if (type !== 'deleted') {
      const later = await store.history(key, store.compactedRevision, store.currentRevision);
      const deletion = later.findLast((event) => event.key === key);
      expect(deletion).toMatchObject({ type: 'deleted' });
      newest.set(key, { key, type: 'deleted', value, revision: deletion?.revision ?? 0 });
    }
  }
}

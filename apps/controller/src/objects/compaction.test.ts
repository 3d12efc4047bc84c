import { createMemoryStore, type Store } from '@gantry/core';
import { FakeClock } from '@gantry/core/testing';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startCompaction } from './compaction.ts';

const minute = 60_000;
const logger = pino({ level: 'silent' });
let store: Store;
let clock: FakeClock;
beforeEach(() => {
  store = createMemoryStore();
  clock = new FakeClock();
});
afterEach(() => store.close());

let writes = 0;
async function write(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    writes += 1;
    await store.create(`/k${writes}`, '{}');
  }
}

it('forgets what is older than it must retain, and nothing younger', async () => {
  const stop = startCompaction({ store, clock, logger, minRevisions: 0 });
  await write(10);
  await clock.advanceAsync(5 * minute);
  const old = store.currentRevision;
  await write(10);
  await clock.advanceAsync(5 * minute);
  await write(10);
  await clock.advanceAsync(4 * minute);
  expect(store.compactedRevision).toBeLessThan(old);
  await clock.advanceAsync(minute);
  expect(store.compactedRevision).toBe(old);
  await stop();
});

it('keeps the newest revisions of an idle store however old they are', async () => {
  const stop = startCompaction({ store, clock, logger, minRevisions: 15 });
  await write(20);
  await clock.advanceAsync(60 * minute);
  expect(store.compactedRevision).toBe(store.currentRevision - 15);
  await stop();
});

it('forgets young history beyond the number of revisions it may hold', async () => {
  const stop = startCompaction({ store, clock, logger, minRevisions: 5, maxRevisions: 20 });
  await write(50);
  await clock.advanceAsync(5 * minute);
  expect(store.compactedRevision).toBe(store.currentRevision - 20);
  await stop();
});

it('stops when told to, even while it compacts', async () => {
  const stop = startCompaction({ store, clock, logger, minRevisions: 0, maxRevisions: 1 });
  await write(10);
  clock.advance(5 * minute);
  await stop();
  await clock.advanceAsync(60 * minute);
  expect(clock.pendingTimers).toBe(0);
});

it('tries again after a failure', async () => {
  let failures = 2;
  const flaky: Store = Object.create(store, {
    currentRevision: { get: () => store.currentRevision },
    compactedRevision: { get: () => store.compactedRevision },
    compact: {
      value: (revision: number) => {
        failures -= 1;
        return failures >= 0 ? Promise.reject(new Error('disk trouble')) : store.compact(revision);
      },
    },
  });
  const stop = startCompaction({ store: flaky, clock, logger, minRevisions: 0 });
  await write(10);
  await clock.advanceAsync(60 * minute);
  expect(store.compactedRevision).toBe(store.currentRevision);
  await stop();
});

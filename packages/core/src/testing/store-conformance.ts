import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Store, StoreError, type StoreEvent } from '../store/store.ts';
import { describeStoreModel } from './store-model.ts';

/**
 * The contract of {@link Store} as tests: every driver runs it. `openStore` is called before each test for an empty
 * store, which the suite closes.
 */
export function describeStoreConformance(name: string, openStore: () => Promise<Store>): void {
  describe(`${name} as a Store`, () => {
    const context: StoreContext = { store: undefined as never, aborts: [] };
    beforeEach(async () => {
      context.store = await openStore();
    });
    afterEach(async () => {
      for (const abort of context.aborts.splice(0)) abort.abort();
      await context.store.close();
    });
    describeWrites(context);
    describeLists(context);
    describeWatches(context);
    describeWatchReplay(context);
    describeHistory(context);
    describeCompaction(context);
    describeClose(context);
    describeStoreModel(openStore);
  });
}

interface StoreContext {
  store: Store;
  readonly aborts: AbortController[];
}

/** The refusal a promise ends with; fails the test where it ends otherwise. */
async function refusal(promise: Promise<unknown>): Promise<StoreError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof StoreError)) throw new Error(`expected a StoreError, got ${String(error)}`);
  return error;
}

/** A watch that collects its batches. */
async function collect(context: StoreContext, prefix: string, fromRevision: number) {
  const abort = new AbortController();
  context.aborts.push(abort);
  const batches: (readonly StoreEvent[])[] = [];
  await context.store.watch(prefix, fromRevision, (events) => batches.push(events), abort.signal);
  return { batches, events: () => batches.flat(), abort: () => abort.abort() };
}

function describeWrites(context: StoreContext): void {
  describe('writes', () => {
    it('shows what was created, updated and deleted', async () => {
      const { store } = context;
      const created = await store.create('/a', '{"n":1}');
      expect(await store.get('/a')).toEqual({ key: '/a', value: '{"n":1}', revision: created });
      const updated = await store.update('/a', '{"n":2}', created);
      expect(await store.get('/a')).toEqual({ key: '/a', value: '{"n":2}', revision: updated });
      const deleted = await store.delete('/a', updated);
      expect(await store.get('/a')).toBeUndefined();
      expect(store.currentRevision).toBe(deleted);
    });

    it('gives every write the next revision, whatever its key', async () => {
      const { store } = context;
      const before = store.currentRevision;
      const revisions = await Promise.all(Array.from({ length: 50 }, (_, i) => store.create(`/k${i}`, '{}')));
      expect(revisions.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => before + 1 + i));
      expect(store.currentRevision).toBe(before + 50);
    });

    it('starts an empty store at a revision above 0, which clients take for "any"', () => {
      expect(context.store.currentRevision).toBeGreaterThan(0);
    });

    it('refuses to create a key that is present and names its revision', async () => {
      const { store } = context;
      const revision = await store.create('/a', '{}');
      expect(await refusal(store.create('/a', '{}'))).toMatchObject({ code: 'exists', revision });
    });

    it('refuses an update or deletion at another revision and names the present one', async () => {
      const { store } = context;
      const first = await store.create('/a', '{}');
      const second = await store.update('/a', '{"n":2}', first);
      expect(await refusal(store.update('/a', '{}', first))).toMatchObject({ code: 'conflict', revision: second });
      expect(await refusal(store.delete('/a', first))).toMatchObject({ code: 'conflict', revision: second });
      expect(await store.get('/a')).toMatchObject({ value: '{"n":2}', revision: second });
    });

    it('refuses an update or deletion of an absent key as a conflict with revision 0', async () => {
      const { store } = context;
      expect(await refusal(store.update('/a', '{}', 1))).toMatchObject({ code: 'conflict', revision: 0 });
      expect(await refusal(store.delete('/a', 0))).toMatchObject({ code: 'conflict', revision: 0 });
    });

    it('can create a key anew after its deletion', async () => {
      const { store } = context;
      const created = await store.create('/a', '{"n":1}');
      const deleted = await store.delete('/a', created);
      const again = await store.create('/a', '{"n":2}');
      expect(again).toBeGreaterThan(deleted);
      expect(await refusal(store.update('/a', '{}', created))).toMatchObject({ code: 'conflict', revision: again });
    });

    it('lets one of many concurrent writers of a key win, and refused writes disturb no other', async () => {
      const { store } = context;
      const start = await store.create('/a', '0');
      const racers = Array.from({ length: 20 }, (_, i) => store.update('/a', `${i + 1}`, start));
      const others = Array.from({ length: 20 }, (_, i) => store.create(`/other${i}`, '{}'));
      const results = await Promise.allSettled(racers);
      await Promise.all(others);
      const winner = results.findIndex((result) => result.status === 'fulfilled');
      expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
      expect((await store.get('/a'))?.value).toBe(`${winner + 1}`);
    });

    it('keeps values as they are, whatever characters they hold', async () => {
      const { store } = context;
      const value = JSON.stringify({ text: 'ä€😀"\\\n\u0000', long: 'x'.repeat(100_000) });
      await store.create('/ä/😀', value);
      expect(await store.get('/ä/😀')).toMatchObject({ key: '/ä/😀', value });
    });
  });
}

function describeLists(context: StoreContext): void {
  describe('lists', () => {
    const keysOf = (result: { records: readonly { key: string }[] }) => result.records.map((record) => record.key);

    it('orders by key bytewise and keeps to the prefix', async () => {
      const { store } = context;
      const keys = ['/p/b', '/p/a', '/p/B', '/p/a-b', '/p/a/c', '/p/\u{1f600}', '/p/\uffee', '/q/a', '/o/z', '/p'];
      await Promise.all(keys.map((key) => store.create(key, '{}')));
      const expected = ['/p/B', '/p/a', '/p/a-b', '/p/a/c', '/p/b', '/p/\uffee', '/p/\u{1f600}'];
      expect(keysOf(await store.list('/p/'))).toEqual(expected);
      expect((await store.list('')).records).toHaveLength(keys.length);
    });

    it('takes a prefix literally', async () => {
      const { store } = context;
      await Promise.all(['/%', '/_', '/x', '/*'].map((key) => store.create(key, '{}')));
      expect(keysOf(await store.list('/%'))).toEqual(['/%']);
      expect(keysOf(await store.list('/_'))).toEqual(['/_']);
    });

    it('pages by limit and the last key, and counts what remains', async () => {
      const { store } = context;
      await Promise.all(['/a', '/b', '/c', '/d', '/e'].map((key) => store.create(key, '{}')));
      const first = await store.list('/', { limit: 2 });
      expect(first).toMatchObject({ remaining: 3, revision: store.currentRevision });
      expect(keysOf(first)).toEqual(['/a', '/b']);
      const second = await store.list('/', { limit: 2, afterKey: '/b' });
      expect(keysOf(second)).toEqual(['/c', '/d']);
      expect(second.remaining).toBe(1);
      const third = await store.list('/', { limit: 2, afterKey: '/d' });
      expect(keysOf(third)).toEqual(['/e']);
      expect(third.remaining).toBe(0);
    });

    it('shows the state as of an older revision: changed, deleted and later keys included', async () => {
      const { store } = context;
      const a = await store.create('/a', '1');
      const b = await store.create('/b', '1');
      const c = await store.create('/c', '1');
      const revision = store.currentRevision;
      const a2 = await store.update('/a', '2', a);
      await store.update('/a', '3', a2);
      await store.delete('/b', b);
      await store.create('/bb', '1');
      await store.create('/d', '1');
      const then = await store.list('/', { revision });
      expect(then).toEqual({
        revision,
        remaining: 0,
        records: [
          { key: '/a', value: '1', revision: a },
          { key: '/b', value: '1', revision: b },
          { key: '/c', value: '1', revision: c },
        ],
      });
      const page = await store.list('/', { revision, limit: 1, afterKey: '/a' });
      expect(page).toMatchObject({ remaining: 1, records: [{ key: '/b', value: '1' }] });
    });

    it('refuses a revision that is not reached yet', async () => {
      const { store } = context;
      const error = await refusal(store.list('/', { revision: store.currentRevision + 1 }));
      expect(error).toMatchObject({ code: 'future', revision: store.currentRevision });
    });
  });
}

function describeWatches(context: StoreContext): void {
  describe('live watches', () => {
    it('report creations, updates with the value before, and deletions with the last value', async () => {
      const { store } = context;
      const watch = await collect(context, '/', store.currentRevision);
      const created = await store.create('/a', '1');
      const updated = await store.update('/a', '2', created);
      const deleted = await store.delete('/a', updated);
      expect(watch.events()).toEqual([
        { type: 'created', key: '/a', revision: created, value: '1' },
        { type: 'updated', key: '/a', revision: updated, value: '2', previousValue: '1', previousRevision: created },
        { type: 'deleted', key: '/a', revision: deleted, value: '2', previousRevision: updated },
      ]);
    });

    it('keep to their prefix', async () => {
      const { store } = context;
      const watch = await collect(context, '/p/', store.currentRevision);
      await Promise.all(['/p', '/p/a', '/q/a', '/p/b', '/o/p/'].map((key) => store.create(key, '{}')));
      expect(watch.events().map((event) => event.key)).toEqual(['/p/a', '/p/b']);
    });

    it('hear of a write before its promise resolves, at the current revision', async () => {
      const { store } = context;
      const order: string[] = [];
      const abort = new AbortController();
      context.aborts.push(abort);
      const onEvents = (events: readonly StoreEvent[]) =>
        order.push(`event ${store.currentRevision === events.at(-1)?.revision}`);
      await store.watch('/', store.currentRevision, onEvents, abort.signal);
      await store.create('/a', '{}').then(() => order.push('resolved'));
      expect(order).toEqual(['event true', 'resolved']);
    });

    it('get writes that arrive together as one batch', async () => {
      const { store } = context;
      const watch = await collect(context, '/', store.currentRevision);
      await Promise.all(Array.from({ length: 30 }, (_, i) => store.create(`/k${i}`, '{}')));
      expect(watch.events()).toHaveLength(30);
      expect(watch.batches.length).toBeLessThan(30);
      expect(watch.batches.every((batch) => batch.length > 0)).toBe(true);
    });

    it('say nothing of refused writes', async () => {
      const { store } = context;
      await store.create('/a', '{}');
      const watch = await collect(context, '/', store.currentRevision);
      await Promise.allSettled([store.create('/a', '{}'), store.update('/a', '{}', 999), store.delete('/b', 1)]);
      expect(watch.batches).toEqual([]);
    });

    it('end when their signal aborts', async () => {
      const { store } = context;
      const watch = await collect(context, '/', store.currentRevision);
      const other = await collect(context, '/', store.currentRevision);
      await store.create('/a', '{}');
      watch.abort();
      await store.create('/b', '{}');
      expect(watch.events().map((event) => event.key)).toEqual(['/a']);
      expect(other.events().map((event) => event.key)).toEqual(['/a', '/b']);
    });
  });
}

function describeWatchReplay(context: StoreContext): void {
  describe('watches from the past', () => {
    it('replay everything since their revision, then go on live', async () => {
      const { store } = context;
      const first = await store.create('/a', '1');
      const second = await store.update('/a', '2', first);
      const watch = await collect(context, '/', first);
      expect(watch.events().map((event) => event.revision)).toEqual([second]);
      expect(watch.events()[0]).toMatchObject({ type: 'updated', previousValue: '1' });
      const third = await store.create('/b', '1');
      expect(watch.events().map((event) => event.revision)).toEqual([second, third]);
    });

    it('replay the whole history from revision 0', async () => {
      const { store } = context;
      const created = await store.create('/a', '1');
      const deleted = await store.delete('/a', created);
      const watch = await collect(context, '/', 0);
      expect(watch.events().map((event) => [event.type, event.revision])).toEqual([
        ['created', created],
        ['deleted', deleted],
      ]);
    });

    it('join under load without a gap or a duplicate', async () => {
      const { store } = context;
      const start = store.currentRevision;
      const total = 4000;
      const writes: Promise<number>[] = [];
      const watches: Promise<Awaited<ReturnType<typeof collect>>>[] = [];
      for (let i = 0; i < total; i += 1) {
        writes.push(store.create(`/k${i}`, '{}'));
        if (i % 500 === 250) {
          await writes[i - 200];
          watches.push(collect(context, '/', start));
        }
      }
      await Promise.all(writes);
      const expected = Array.from({ length: total }, (_, i) => start + 1 + i);
      for (const watch of await Promise.all(watches)) {
        expect(watch.events().map((event) => event.revision)).toEqual(expected);
      }
    });

    it('deliver nothing once aborted', async () => {
      const { store } = context;
      await store.create('/a', '{}');
      const abort = new AbortController();
      const seen: StoreEvent[] = [];
      const watching = store.watch('/', 0, (events) => seen.push(...events), abort.signal);
      abort.abort();
      await watching;
      await store.create('/b', '{}');
      expect(seen).toEqual([]);
    });

    it('refuse a revision that is not reached yet', async () => {
      const { store } = context;
      const { signal } = new AbortController();
      const error = await refusal(store.watch('/', store.currentRevision + 1, () => undefined, signal));
      expect(error).toMatchObject({ code: 'future', revision: store.currentRevision });
    });
  });
}

function describeHistory(context: StoreContext): void {
  describe('history', () => {
    it('gives the events after one revision up to another, of one prefix', async () => {
      const { store } = context;
      const a = await store.create('/p/a', '1');
      await store.create('/q/a', '1');
      const b = await store.update('/p/a', '2', a);
      const c = await store.delete('/p/a', b);
      await store.create('/p/b', '1');
      expect(await store.history('/p/', a, c)).toEqual([
        { type: 'updated', key: '/p/a', revision: b, value: '2', previousValue: '1', previousRevision: a },
        { type: 'deleted', key: '/p/a', revision: c, value: '2', previousRevision: b },
      ]);
      expect(await store.history('/p/', c, c)).toEqual([]);
    });

    it('refuses an end that is not reached yet', async () => {
      const { store } = context;
      const error = await refusal(store.history('/', 0, store.currentRevision + 1));
      expect(error.code).toBe('future');
    });
  });
}

function describeCompaction(context: StoreContext): void {
  describe('compaction', () => {
    it('refuses reads and watches below, still answers at and above', async () => {
      const { store } = context;
      const a = await store.create('/a', '1');
      const a2 = await store.update('/a', '2', a);
      const a3 = await store.update('/a', '3', a2);
      await store.compact(a2);
      expect(store.compactedRevision).toBe(a2);
      const { signal } = new AbortController();
      const refused = { code: 'compacted', revision: a2 };
      expect(await refusal(store.list('/', { revision: a }))).toMatchObject(refused);
      expect(await refusal(store.watch('/', a, () => undefined, signal))).toMatchObject(refused);
      expect(await refusal(store.history('/', a, a3))).toMatchObject(refused);
      expect((await store.list('/', { revision: a2 })).records).toEqual([{ key: '/a', value: '2', revision: a2 }]);
      expect((await collect(context, '/', a2)).events()).toMatchObject([{ revision: a3, previousValue: '2' }]);
    });

    it('keeps present values and the last values of later deletions', async () => {
      const { store } = context;
      const a = await store.create('/a', '1');
      const b = await store.create('/b', '1');
      const gone = await store.create('/gone', '1');
      await store.delete('/gone', gone);
      await store.compact(store.currentRevision);
      const deleted = await store.delete('/b', b);
      expect((await store.list('/')).records).toEqual([{ key: '/a', value: '1', revision: a }]);
      expect(await store.history('/', deleted - 1, deleted)).toMatchObject([{ type: 'deleted', value: '1' }]);
      expect(await store.get('/gone')).toBeUndefined();
    });

    it('is idempotent and never goes back', async () => {
      const { store } = context;
      await store.create('/a', '1');
      await store.create('/b', '1');
      await store.compact(3);
      await store.compact(3);
      await store.compact(2);
      expect(store.compactedRevision).toBe(3);
    });

    it('refuses a revision that is not reached yet', async () => {
      const { store } = context;
      expect((await refusal(store.compact(store.currentRevision + 1))).code).toBe('future');
    });

    it('leaves live watches alone', async () => {
      const { store } = context;
      const watch = await collect(context, '/', store.currentRevision);
      const a = await store.create('/a', '1');
      await store.compact(a);
      const b = await store.create('/b', '1');
      expect(watch.events().map((event) => event.revision)).toEqual([a, b]);
    });
  });
}

function describeClose(context: StoreContext): void {
  describe('close', () => {
    it('answers everything accepted before and refuses what comes after', async () => {
      const { store } = context;
      const accepted = Array.from({ length: 200 }, (_, i) => store.create(`/k${i}`, '{}'));
      const closing = store.close();
      const late = refusal(store.create('/late', '{}'));
      expect(await Promise.all(accepted)).toHaveLength(200);
      await closing;
      expect((await late).code).toBe('closed');
      for (const call of [store.get('/k0'), store.list('/'), store.history('/', 1, 1), store.delete('/k0', 1)]) {
        expect((await refusal(call)).code).toBe('closed');
      }
      const { signal } = new AbortController();
      expect((await refusal(store.watch('/', 1, () => undefined, signal))).code).toBe('closed');
      expect((await refusal(store.compact(1))).code).toBe('closed');
    });

    it('may be called twice', async () => {
      await Promise.all([context.store.close(), context.store.close()]);
    });
  });
}

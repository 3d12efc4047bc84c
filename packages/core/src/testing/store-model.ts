import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareKeys } from '../store/compare-keys.ts';
import { type Store, StoreError, type StoreEvent, type StoreRecord } from '../store/store.ts';

/** What a random step does; revisions are chosen relative to what is there, so that most steps mean something. */
type Step =
  | { readonly type: 'create'; readonly key: string; readonly value: string }
  | { readonly type: 'update' | 'delete'; readonly key: string; readonly value: string; readonly isStale: boolean }
  | { readonly type: 'compact' | 'list' | 'watch'; readonly back: number; readonly prefix: string };

const key = fc.constantFrom('/a', '/a/b', '/a-b', '/b', '/ä', '/\u{1f600}', '/\uffee');
const value = fc.string({ maxLength: 5 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('create' as const), key, value }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constantFrom('update' as const, 'delete' as const),
      key,
      value,
      isStale: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constantFrom('compact' as const, 'list' as const, 'list' as const, 'watch' as const),
      back: fc.integer({ min: 0, max: 8 }),
      prefix: fc.constantFrom('', '/', '/a', '/a/'),
    }),
  },
);

/** Runs random steps, several at a time, and compares the store with a model that keeps every state there ever was. */
export function describeStoreModel(openStore: () => Promise<Store>): void {
  it('behaves like a simple model under random operations', { timeout: 60_000 }, async () => {
    const rounds = fc.array(fc.array(step, { minLength: 1, maxLength: 5 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(rounds, async (all) => {
        const store = await openStore();
        const abort = new AbortController();
        try {
          await runRounds(store, all, abort.signal);
        } finally {
          abort.abort();
          await store.close();
        }
      }),
      { numRuns: 40 },
    );
  });
}

class Model {
  readonly records = new Map<string, StoreRecord>();
  readonly events: StoreEvent[] = [];
  /** Every state there was, by revision. */
  readonly states = new Map<number, readonly StoreRecord[]>();
  compactedRevision = 0;
  revision: number;

  constructor(revision: number) {
    this.revision = revision;
    this.states.set(revision, []);
  }

  /** The code of the refusal or the new revision. */
  write(step: Extract<Step, { key: string }>, expectedRevision: number): number | string {
    const previous = this.records.get(step.key);
    if (step.type === 'create' && previous) return 'exists';
    if (step.type !== 'create' && (!previous || previous.revision !== expectedRevision)) return 'conflict';
    this.revision += 1;
    const { revision } = this;
    const { key, value } = step;
    if (step.type === 'delete') this.records.delete(key);
    else this.records.set(key, { key, value, revision });
    this.events.push(eventOf(step, revision, previous));
    this.states.set(
      revision,
      [...this.records.values()].sort((a, b) => compareKeys(a.key, b.key)),
    );
    return revision;
  }
}

function eventOf(
  step: Extract<Step, { key: string }>,
  revision: number,
  previous: StoreRecord | undefined,
): StoreEvent {
  const { key, value } = step;
  if (!previous) return { type: 'created', key, revision, value };
  const previousRevision = previous.revision;
  if (step.type === 'delete') return { type: 'deleted', key, revision, value: previous.value, previousRevision };
  return { type: 'updated', key, revision, value, previousValue: previous.value, previousRevision };
}

async function runRounds(store: Store, rounds: readonly (readonly Step[])[], signal: AbortSignal): Promise<void> {
  const model = new Model(store.currentRevision);
  const seen: StoreEvent[] = [];
  await store.watch('', store.currentRevision, (events) => seen.push(...events), signal);
  for (const round of rounds) {
    const writes = round.filter((step) => 'key' in step);
    const results = writes.map((step) => {
      const present = model.records.get(step.key)?.revision ?? 0;
      const expectedRevision = 'isStale' in step && step.isStale ? present - 1 : present;
      const expected = model.write(step, expectedRevision);
      return outcome(callStore(store, step, expectedRevision)).then((actual) => expect(actual).toEqual(expected));
    });
    await Promise.all(results);
    for (const step of round) if (!('key' in step)) await checkRead(store, model, step, signal);
    expect(store.currentRevision).toBe(model.revision);
    expect((await store.list('')).records).toEqual(model.states.get(model.revision));
  }
  expect(seen).toEqual(model.events);
}

function callStore(store: Store, step: Extract<Step, { key: string }>, expectedRevision: number): Promise<number> {
  if (step.type === 'create') return store.create(step.key, step.value);
  if (step.type === 'update') return store.update(step.key, step.value, expectedRevision);
  return store.delete(step.key, expectedRevision);
}

async function checkRead(
  store: Store,
  model: Model,
  { type, back, prefix }: Extract<Step, { back: number }>,
  signal: AbortSignal,
): Promise<void> {
  const revision = Math.max(model.compactedRevision, 1, model.revision - back);
  if (type === 'compact') {
    await store.compact(revision);
    model.compactedRevision = Math.max(model.compactedRevision, revision);
    if (revision > 1) expect(await outcome(store.list('', { revision: revision - 1 }))).toBe('compacted');
  } else if (type === 'list') {
    const expected = (model.states.get(revision) ?? []).filter((record) => record.key.startsWith(prefix));
    const { records } = await store.list(prefix, { revision });
    expect(records).toEqual(expected);
    const page = await store.list(prefix, { revision, limit: 1 });
    expect(page).toEqual({ revision, records: expected.slice(0, 1), remaining: Math.max(0, expected.length - 1) });
  } else {
    const seen: StoreEvent[] = [];
    await store.watch(prefix, revision, (events) => seen.push(...events), signal);
    const expected = model.events.filter((event) => event.revision > revision && event.key.startsWith(prefix));
    expect(seen).toEqual(expected);
  }
}

/** What a call resolves to, or the code it is refused with. */
async function outcome<T>(promise: Promise<T>): Promise<T | string> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof StoreError) return error.code;
    throw error;
  }
}

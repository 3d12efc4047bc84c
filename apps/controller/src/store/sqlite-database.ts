import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StoreEvent, StoreListResult, StoreRecord } from '@gantry/core';
import { type Committed, type SqliteReads, type WriteBatch, type WriteKind, writeKinds } from './sqlite-protocol.ts';
import { statements } from './sqlite-statements.ts';

/** Revisions handled by one step of a compaction: a few milliseconds during which writes wait. */
const compactionStep = 1000;

interface EventRow {
  readonly revision: number;
  readonly key: string;
  readonly kind: WriteKind;
  readonly value: string;
  readonly previous: number;
  readonly previousValue: string | null;
}

/** The event log in SQLite. All calls block until done; it is made for a thread of its own. */
export class SqliteDatabase {
  readonly #database: DatabaseSync;
  readonly #statements: Readonly<Record<keyof typeof statements, StatementSync>>;
  #currentRevision: number;
  #compactedRevision: number;

  constructor(database: DatabaseSync) {
    this.#database = database;
    const prepared = Object.entries(statements).map(([name, sql]) => [name, database.prepare(sql)]);
    this.#statements = Object.fromEntries(prepared) as Record<keyof typeof statements, StatementSync>;
    this.#compactedRevision = Number(this.#statements.selectCompacted.get()?.value ?? 0);
    const newest = Number(this.#statements.selectNewest.get()?.revision ?? 0);
    // A compacted deletion leaves no row behind, so the log alone may end too early.
    this.#currentRevision = Math.max(1, newest, this.#compactedRevision);
  }

  get currentRevision(): number {
    return this.#currentRevision;
  }

  get compactedRevision(): number {
    return this.#compactedRevision;
  }

  /** Does all writes in one durable transaction. Throws where it failed; then none was done. */
  commit(batches: readonly WriteBatch[]): Committed {
    const start = performance.now();
    const outcomes: number[] = [];
    const previousValues: string[] = [];
    const previousRevisions: number[] = [];
    const { begin, commit } = this.#statements;
    let revision = this.#currentRevision;
    begin.run();
    try {
      for (const batch of batches) {
        for (const [index, kind] of batch.kinds.entries()) {
          const key = batch.keys[index] ?? '';
          const present = Number(this.#statements.selectCurrent.get(key)?.revision ?? 0);
          const isRefused =
            kind === writeKinds.create ? present !== 0 : present === 0 || present !== batch.expectedRevisions[index];
          if (!isRefused) revision += 1;
          outcomes.push(isRefused ? -present : revision);
          previousRevisions.push(isRefused ? 0 : present);
          previousValues.push(
            isRefused ? '' : this.#apply({ kind, key, value: batch.values[index] ?? '', present, revision }),
          );
        }
      }
      commit.run();
    } catch (error) {
      this.#rollBack();
      throw error;
    }
    this.#currentRevision = revision;
    const durationMs = performance.now() - start;
    return { type: 'committed', batches: batches.length, outcomes, previousValues, previousRevisions, durationMs };
  }

  get({ key }: SqliteReads['get']['request']): StoreRecord | null {
    const row = this.#statements.selectRecord.get(key);
    return row ? toRecord(row) : null;
  }

  list({ prefix, revision: asked, limit, afterKey }: SqliteReads['list']['request']): StoreListResult {
    const revision = asked ?? this.#currentRevision;
    this.#checkRetained(revision);
    const range = { $prefix: prefix, $end: endOf(prefix), $after: afterKey ?? '' };
    const { listNow, listPast, countNow, countPast } = this.#statements;
    const isPast = revision !== this.#currentRevision;
    const bindings = isPast ? { ...range, $revision: revision } : range;
    const records = (isPast ? listPast : listNow).all({ ...bindings, $limit: limit ?? -1 }).map(toRecord);
    if (limit === null || records.length < limit) return { revision, records, remaining: 0 };
    const total = Number((isPast ? countPast : countNow).get(bindings)?.total ?? 0);
    return { revision, records, remaining: total - records.length };
  }

  history({ prefix, fromRevision, toRevision }: SqliteReads['history']['request']): readonly StoreEvent[] {
    this.#checkRetained(fromRevision);
    const range = { $prefix: prefix, $end: endOf(prefix), $from: fromRevision, $to: toRevision };
    return this.#statements.selectHistory.all(range).map((row) => toEvent(row as unknown as EventRow));
  }

  /** One step towards `revision`; the answer is how far it came. */
  compact({ revision }: SqliteReads['compact']['request']): number {
    const from = this.#compactedRevision;
    const to = Math.min(revision, from + compactionStep);
    if (to <= from) return from;
    const { begin, commit, deleteReplaced, deleteDeletions, updateCompacted } = this.#statements;
    begin.run();
    try {
      deleteReplaced.run({ $from: from, $to: to });
      deleteDeletions.run({ $from: from, $to: to });
      updateCompacted.run(to);
      commit.run();
    } catch (error) {
      this.#rollBack();
      throw error;
    }
    this.#compactedRevision = to;
    return to;
  }

  close(): void {
    this.#database.close();
  }

  /** Returns the value that was there before. */
  #apply(write: { kind: WriteKind; key: string; value: string; present: number; revision: number }): string {
    const { kind, key, value, present, revision } = write;
    const { insertEvent, upsertCurrent, deleteCurrent, selectValue } = this.#statements;
    insertEvent.run(revision, key, kind, present, value);
    if (kind === writeKinds.delete) deleteCurrent.run(key);
    else upsertCurrent.run(key, revision);
    return present === 0 ? '' : String(selectValue.get(present)?.value ?? '');
  }

  #rollBack(): void {
    // A full disk makes SQLite roll back by itself.
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
  }

  #checkRetained(revision: number): void {
    if (revision < this.#compactedRevision) throw new CompactedError(revision, this.#compactedRevision);
  }
}

/** A read below the oldest retained revision, to be told to the other thread. */
export class CompactedError extends Error {
  readonly revision: number;
  readonly oldest: number;

  constructor(revision: number, oldest: number) {
    super(`revision ${revision} was compacted`);
    this.revision = revision;
    this.oldest = oldest;
  }
}

/** No key that starts with `prefix` sorts at or after this. */
function endOf(prefix: string): string {
  return `${prefix}\u{10ffff}`;
}

function toRecord(row: Record<string, unknown>): StoreRecord {
  return { key: String(row.key), value: String(row.value), revision: Number(row.revision) };
}

function toEvent({ kind, key, revision, value, previous, previousValue }: EventRow): StoreEvent {
  if (kind === writeKinds.create) return { type: 'created', key, revision, value };
  const last = previousValue ?? '';
  if (kind === writeKinds.delete) return { type: 'deleted', key, revision, value: last, previousRevision: previous };
  return { type: 'updated', key, revision, value, previousValue: last, previousRevision: previous };
}

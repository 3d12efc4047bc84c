import type { StoreEvent, StoreListResult, StoreRecord } from '@gantry/core';

/** What the store's worker thread is started with. */
export interface SqliteWorkerData {
  readonly path: string;
  readonly maxBytes: number | undefined;
}

/** Codes of a write in a {@link WriteBatch}, and of an event in the database. */
export const writeKinds = { create: 0, update: 1, delete: 2 } as const;
export type WriteKind = (typeof writeKinds)[keyof typeof writeKinds];

/**
 * Writes that go to the worker in one message. Parallel arrays, because the structured clone of one array of strings is
 * several times cheaper than that of as many objects.
 */
export interface WriteBatch {
  readonly type: 'write';
  readonly kinds: readonly WriteKind[];
  readonly keys: readonly string[];
  /** Empty for a deletion. */
  readonly values: readonly string[];
  /** 0 for a creation. */
  readonly expectedRevisions: readonly number[];
}

/** The reads, by name: what they take and what they answer. */
export interface SqliteReads {
  get: { request: { key: string }; answer: StoreRecord | null };
  list: {
    request: { prefix: string; revision: number | null; limit: number | null; afterKey: string | null };
    answer: StoreListResult;
  };
  history: { request: { prefix: string; fromRevision: number; toRevision: number }; answer: readonly StoreEvent[] };
  /** One bounded step of a compaction; answers how far it came. */
  compact: { request: { revision: number }; answer: number };
}

export type SqliteReadName = keyof SqliteReads;

export interface SqliteRead<N extends SqliteReadName = SqliteReadName> {
  readonly type: 'read';
  readonly id: number;
  readonly name: N;
  readonly request: SqliteReads[N]['request'];
}

export type SqliteRequest = WriteBatch | SqliteRead | { readonly type: 'close' };

/** One commit: the outcomes of the next `batches` write batches, in order, as one list. */
export interface Committed {
  readonly type: 'committed';
  readonly batches: number;
  /** The revision of a write that was done; otherwise minus the key's present revision (0: the key is absent). */
  readonly outcomes: readonly number[];
  /** The value that was there before; empty for creations and refusals. */
  readonly previousValues: readonly string[];
  readonly previousRevisions: readonly number[];
  readonly durationMs: number;
}

export type SqliteReply =
  | { readonly type: 'opened'; readonly currentRevision: number; readonly compactedRevision: number }
  /** The database cannot be used; the worker ends. */
  | { readonly type: 'unusable'; readonly message: string }
  | Committed
  /** The commit of the next `batches` write batches failed; none of their writes was done. */
  | { readonly type: 'commitFailed'; readonly batches: number; readonly message: string; readonly isFull: boolean }
  | { readonly type: 'answer'; readonly id: number; readonly answer: SqliteReads[SqliteReadName]['answer'] }
  /** A read of a revision that was compacted while the request was under way. */
  | { readonly type: 'compacted'; readonly id: number; readonly revision: number; readonly oldest: number }
  | { readonly type: 'readFailed'; readonly id: number; readonly message: string };

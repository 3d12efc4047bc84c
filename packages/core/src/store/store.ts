/**
 * Durable key-value storage with revisions, in the manner of etcd: one counter for all keys, every write takes the next
 * revision. Two drivers implement it and pass the same conformance suite (`@gantry/core/testing`).
 *
 * Contract:
 * - A write's promise resolves only after the write is durable. Writes that arrive together share one commit.
 * - `expectedRevision` is compared with the key's current modification revision; a mismatch rejects with a `StoreError` of code `conflict`.
 * - `watch` delivers every later event exactly once, in revision order, without a gap between replay and live.
 * - After `compact(r)`, reads and watches at a revision below `r` reject with code `compacted`.
 * - Values are opaque UTF-8 JSON text; the store adds nothing to them. In particular the value of an object does not
 *   hold its own `metadata.resourceVersion`: that is the record's revision.
 */
export interface Store {
  /** The revision of the newest committed write. An empty store is at 1, as etcd's: to clients, 0 means "any". */
  readonly currentRevision: number;
  /** The oldest revision that `list` and `watch` still accept. */
  readonly compactedRevision: number;
  get(key: string): Promise<StoreRecord | undefined>;
  /** Records whose key starts with `prefix`, ordered by key (bytewise), as they were at `revision` (default: now). */
  list(prefix: string, options?: StoreListOptions): Promise<StoreListResult>;
  /** Fails with code `exists` where the key is present. Resolves to the write's revision. */
  create(key: string, value: string): Promise<number>;
  /** Resolves to the write's revision. `conflict` also where the key is absent. */
  update(key: string, value: string, expectedRevision: number): Promise<number>;
  /** Resolves to the revision of the deletion. `conflict` also where the key is absent. */
  delete(key: string, expectedRevision: number): Promise<number>;
  /**
   * Events after `fromRevision` for keys that start with `prefix`, in batches (one per commit). The callback runs
   * synchronously, before the promises of the writes it reports resolve, and must not throw.
   * Resolves once replay is done; live events follow until `signal` aborts.
   */
  watch(
    prefix: string,
    fromRevision: number,
    onEvents: (events: readonly StoreEvent[]) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Events of `prefix` in (`fromRevision`, `toRevision`], in order: for a watcher that resumes from far back. */
  history(prefix: string, fromRevision: number, toRevision: number): Promise<readonly StoreEvent[]>;
  /** Forgets history before `revision`; current values stay. */
  compact(revision: number): Promise<void>;
  /** Resolves when everything accepted is durable and all resources are released. Later calls reject with code `closed`. */
  close(): Promise<void>;
}

export interface StoreRecord {
  readonly key: string;
  readonly value: string;
  /** Revision of the write that made this value. */
  readonly revision: number;
}

export interface StoreListOptions {
  readonly revision?: number;
  readonly limit?: number;
  /** Only keys strictly after this one. */
  readonly afterKey?: string;
}

export interface StoreListResult {
  /** The revision the list shows: the asked one, or the current one. */
  readonly revision: number;
  readonly records: readonly StoreRecord[];
  /** How many more records match beyond `limit`; 0 without a limit. */
  readonly remaining: number;
}

export interface StoreEvent {
  readonly type: 'created' | 'updated' | 'deleted';
  readonly key: string;
  readonly revision: number;
  /** The new value; for a deletion the last value. */
  readonly value: string;
  /** The value before an update. */
  readonly previousValue?: string;
  /** The revision of the value before an update or a deletion. */
  readonly previousRevision?: number;
}

/** Base of the refusals a store gives; anything else is a failure of the storage itself. */
export class StoreError extends Error {
  readonly code: 'exists' | 'conflict' | 'compacted' | 'closed' | 'future' | 'overloaded' | 'full';
  /** For `conflict`: the key's present revision, 0 where it is absent. For `compacted`: the oldest retained one. */
  readonly revision: number;

  constructor(code: StoreError['code'], message: string, revision = 0) {
    super(message);
    this.name = 'StoreError';
    this.code = code;
    this.revision = revision;
  }
}

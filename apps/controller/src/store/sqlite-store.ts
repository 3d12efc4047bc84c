import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Clock, Logger, Store, StoreEvent, StoreListOptions, StoreListResult, StoreRecord } from '@gantry/core';
import { checkRetained, closedError, compactedError, fullError, futureError } from '@gantry/core/store/refusals';
import { WatchHub } from '@gantry/core/store/watch-hub';
import type { StoreMeter } from '../metrics/controller-instruments.ts';
import { systemClock } from '../system-clock.ts';
import {
  type Committed,
  type SqliteReadName,
  type SqliteReads,
  type SqliteReply,
  type SqliteRequest,
  type SqliteWorkerData,
  type WriteKind,
  writeKinds,
} from './sqlite-protocol.ts';
import { answerWrites, eventsOf, WriteQueue } from './write-queue.ts';

export interface SqliteStoreOptions {
  /** The database file; it and its directory are created where absent, for this user only. */
  readonly path: string;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Counts commits; absent where nobody asks. */
  readonly meter?: StoreMeter;
  /** Size in bytes beyond which writes fail as on a full disk. */
  readonly maxBytes?: number;
  /** How many writes may wait for the disk; more are refused. */
  readonly maxWaitingWrites?: number;
}

/** A commit that takes longer is worth a line in the log: heartbeats and leases suffer from it. */
const slowCommitMs = 1000;
const slowCommitLogIntervalMs = 60_000;

/**
 * Opens the embedded store: SQLite in a worker thread, so that a slow disk never holds up the event loop. Rejects with an
 * `Error` of one sentence where the file is in use, damaged, not writable or of a newer version.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { path, maxBytes } = options;
  const workerData: SqliteWorkerData = { path, maxBytes };
  const worker = new Worker(new URL('./sqlite-worker.ts', import.meta.url), { workerData, name: 'store' });
  return new SqliteStore(worker, await waitUntilOpened(worker), options);
}

type Opened = Extract<SqliteReply, { type: 'opened' }>;

async function waitUntilOpened(worker: Worker): Promise<Opened> {
  const abort = new AbortController();
  const { signal } = abort;
  const ended = once(worker, 'exit', { signal }).then(() => {
    throw new Error("the store's worker thread ended at once");
  });
  try {
    // `once` also rejects with what the worker throws.
    const [reply] = (await Promise.race([once(worker, 'message', { signal }), ended])) as [SqliteReply];
    if (reply.type === 'opened') return reply;
    throw new Error(reply.type === 'unusable' ? reply.message : `unexpected ${reply.type} from the store's worker`);
  } finally {
    ended.catch(() => undefined);
    abort.abort();
  }
}

interface PendingRead {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

class SqliteStore implements Store {
  readonly #worker: Worker;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #meter: StoreMeter | undefined;
  readonly #path: string;
  readonly #hub = new WatchHub(this);
  readonly #writes: WriteQueue;
  readonly #reads = new Map<number, PendingRead>();
  #nextReadId = 1;
  #currentRevision: number;
  #compactedRevision: number;
  /** Why nothing more is accepted: closed, or the worker died. */
  #stopped: Error | undefined;
  #closing: Promise<void> | undefined;
  #slowCommitLoggedAt = Number.NEGATIVE_INFINITY;

  constructor(
    worker: Worker,
    opened: { readonly currentRevision: number; readonly compactedRevision: number },
    { path, logger, clock = systemClock, maxWaitingWrites = 50_000, meter }: SqliteStoreOptions,
  ) {
    this.#worker = worker;
    this.#path = path;
    this.#logger = logger;
    this.#clock = clock;
    this.#meter = meter;
    this.#currentRevision = opened.currentRevision;
    this.#compactedRevision = opened.compactedRevision;
    this.#writes = new WriteQueue((batch) => this.#post(batch), maxWaitingWrites);
    meter?.observeWaiting(() => this.#writes.waiting);
    worker.on('message', (reply: SqliteReply) => this.#onReply(reply));
    worker.on('error', (err: Error) => this.#onWorkerFailed(err));
    worker.on('exit', () => this.#onWorkerFailed(new Error('it has ended')));
  }

  get currentRevision(): number {
    return this.#currentRevision;
  }

  get compactedRevision(): number {
    return this.#compactedRevision;
  }

  async get(key: string): Promise<StoreRecord | undefined> {
    return (await this.#read('get', { key })) ?? undefined;
  }

  async list(prefix: string, options: StoreListOptions = {}): Promise<StoreListResult> {
    const { revision = null, limit = null, afterKey = null } = options;
    if (revision !== null) checkRetained(revision, this);
    return await this.#read('list', { prefix, revision, limit, afterKey });
  }

  create(key: string, value: string): Promise<number> {
    return this.#write(writeKinds.create, key, value, 0);
  }

  update(key: string, value: string, expectedRevision: number): Promise<number> {
    return this.#write(writeKinds.update, key, value, expectedRevision);
  }

  delete(key: string, expectedRevision: number): Promise<number> {
    return this.#write(writeKinds.delete, key, '', expectedRevision);
  }

  async watch(
    prefix: string,
    fromRevision: number,
    onEvents: (events: readonly StoreEvent[]) => void,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#hub.watch({ prefix, fromRevision, onEvents, signal });
  }

  async history(prefix: string, fromRevision: number, toRevision: number): Promise<readonly StoreEvent[]> {
    checkRetained(fromRevision, this);
    if (toRevision > this.#currentRevision) throw futureError(toRevision, this.#currentRevision);
    return await this.#read('history', { prefix, fromRevision, toRevision });
  }

  async compact(revision: number): Promise<void> {
    if (revision > this.#currentRevision) throw futureError(revision, this.#currentRevision);
    // Reads below are refused from now on, so that they never see a half-done compaction.
    while (this.#compactedRevision < revision) {
      this.#compactedRevision = await this.#read('compact', { revision });
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const alreadyFailed = this.#stopped;
    this.#stopped ??= closedError();
    if (alreadyFailed) return;
    await this.#writes.whenEmpty();
    this.#hub.close();
    const exited = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.#post({ type: 'close' });
    await exited;
  }

  #post(request: SqliteRequest): void {
    this.#worker.postMessage(request);
  }

  #write(kind: WriteKind, key: string, value: string, expectedRevision: number): Promise<number> {
    if (this.#stopped) return Promise.reject(this.#stopped);
    return this.#writes.add({ kind, key, value, expectedRevision });
  }

  #read<N extends SqliteReadName>(name: N, request: SqliteReads[N]['request']): Promise<SqliteReads[N]['answer']> {
    if (this.#stopped) return Promise.reject(this.#stopped);
    const id = this.#nextReadId;
    this.#nextReadId += 1;
    return new Promise((resolve, reject) => {
      this.#reads.set(id, { resolve, reject });
      this.#post({ type: 'read', id, name, request });
    });
  }

  #onReply(reply: SqliteReply): void {
    switch (reply.type) {
      case 'committed':
        return this.#onCommitted(reply);
      case 'commitFailed': {
        this.#logger.error({ reason: reply.message }, 'the store could not commit');
        this.#meter?.commitFailed();
        const error = reply.isFull ? fullError(reply.message) : new Error(reply.message);
        for (const write of this.#writes.takeSent(reply.batches)) write.reject(error);
        return;
      }
      case 'answer':
        return this.#takeRead(reply.id)?.resolve(reply.answer as never);
      case 'compacted':
        return this.#takeRead(reply.id)?.reject(compactedError(reply.revision, reply.oldest));
      case 'readFailed':
        return this.#takeRead(reply.id)?.reject(new Error(reply.message));
      case 'opened':
        return;
      case 'unusable':
        this.#logger.error({ reason: reply.message }, 'the store did not close cleanly');
        return;
    }
  }

  /** First the revision, then the watchers, then the writers: nobody sees a write before the watchers have. */
  #onCommitted(committed: Committed): void {
    const writes = this.#writes.takeSent(committed.batches);
    const events = eventsOf(writes, committed);
    const last = events.at(-1);
    try {
      if (last) {
        this.#currentRevision = last.revision;
        this.#hub.publish(events);
      }
    } finally {
      // A watcher that breaks its promise not to throw must not leave the writers waiting.
      answerWrites(writes, committed);
    }
    this.#meter?.committed(writes.length, committed.durationMs / 1000);
    this.#reportSlowCommit(committed.durationMs, writes.length);
  }

  #reportSlowCommit(durationMs: number, writes: number): void {
    if (durationMs < slowCommitMs || this.#clock.now() - this.#slowCommitLoggedAt < slowCommitLogIntervalMs) return;
    this.#slowCommitLoggedAt = this.#clock.now();
    this.#logger.warn(
      { durationMs: Math.round(durationMs), writes, path: this.#path },
      'a commit of the store was slow',
    );
  }

  #takeRead(id: number): PendingRead | undefined {
    const read = this.#reads.get(id);
    this.#reads.delete(id);
    return read;
  }

  #onWorkerFailed(cause: Error): void {
    const hadClosed = this.#stopped?.name === 'StoreError';
    const error = hadClosed
      ? closedError()
      : new Error(`the store's worker thread has stopped: ${cause.message}`, { cause });
    if (!this.#stopped)
      this.#logger.error({ err: cause }, "the store's worker thread has stopped; the controller must be restarted");
    this.#stopped ??= error;
    this.#writes.rejectAll(error);
    for (const read of this.#reads.values()) read.reject(error);
    this.#reads.clear();
  }
}

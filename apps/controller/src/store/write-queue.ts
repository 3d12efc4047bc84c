import type { StoreEvent } from '@gantry/core';
import { closedError, conflictError, existsError, overloadedError } from '@gantry/core/store/refusals';
import { type Committed, type WriteBatch, type WriteKind, writeKinds } from './sqlite-protocol.ts';

/** A write until it is answered. */
export interface PendingWrite {
  readonly kind: WriteKind;
  readonly key: string;
  readonly value: string;
  readonly expectedRevision: number;
  readonly resolve: (revision: number) => void;
  readonly reject: (error: Error) => void;
}

/** Writes per message; a commit takes several. */
const maxWritesPerBatch = 1000;

/** The writes between a store and its worker: collected per turn of the event loop, sent as batches, answered in order. */
export class WriteQueue {
  readonly #send: (batch: WriteBatch) => void;
  readonly #maxWaiting: number;
  #unsent: PendingWrite[] = [];
  #sent: (readonly PendingWrite[])[] = [];
  #waiting = 0;
  #isSendScheduled = false;
  #onEmpty: (() => void) | undefined;

  constructor(send: (batch: WriteBatch) => void, maxWaiting: number) {
    this.#send = send;
    this.#maxWaiting = maxWaiting;
  }

  /** Writes that are not answered yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Refuses where too many writes wait already. */
  add(write: Omit<PendingWrite, 'resolve' | 'reject'>): Promise<number> {
    if (this.#waiting >= this.#maxWaiting) {
      return Promise.reject(overloadedError(this.#waiting));
    }
    this.#waiting += 1;
    return new Promise((resolve, reject) => {
      this.#unsent.push({ ...write, resolve, reject });
      this.#scheduleSend();
    });
  }

  /** The writes of the oldest `batches` batches, which the worker has answered. */
  takeSent(batches: number): readonly PendingWrite[] {
    const [first, ...more] = this.#sent.splice(0, batches);
    const writes = more.length === 0 ? (first ?? []) : [...(first ?? []), ...more.flat()];
    this.#waiting -= writes.length;
    if (this.#waiting === 0) this.#onEmpty?.();
    return writes;
  }

  /** Resolves once every write is answered. */
  whenEmpty(): Promise<void> {
    if (this.#waiting === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
    });
  }

  /** Answers all writes, sent or not, with an error. */
  rejectAll(error: Error): void {
    const writes = [...this.takeSent(this.#sent.length), ...this.#unsent];
    this.#waiting = 0;
    this.#unsent = [];
    for (const write of writes) write.reject(error);
    this.#onEmpty?.();
  }

  /** Sending once per turn lets all requests that arrived together travel in one message. */
  #scheduleSend(): void {
    if (this.#isSendScheduled) return;
    this.#isSendScheduled = true;
    setImmediate(() => {
      this.#isSendScheduled = false;
      const writes = this.#unsent;
      this.#unsent = [];
      for (let from = 0; from < writes.length; from += maxWritesPerBatch) {
        const batch = writes.slice(from, from + maxWritesPerBatch);
        this.#sent.push(batch);
        this.#send(toBatch(batch));
      }
    });
  }
}

function toBatch(writes: readonly PendingWrite[]): WriteBatch {
  const kinds: WriteKind[] = [];
  const keys: string[] = [];
  const values: string[] = [];
  const expectedRevisions: number[] = [];
  for (const write of writes) {
    kinds.push(write.kind);
    keys.push(write.key);
    values.push(write.value);
    expectedRevisions.push(write.expectedRevision);
  }
  return { type: 'write', kinds, keys, values, expectedRevisions };
}

/** The events of a commit; refused writes have none. */
export function eventsOf(writes: readonly PendingWrite[], committed: Committed): StoreEvent[] {
  const events: StoreEvent[] = [];
  for (const [index, { kind, key, value }] of writes.entries()) {
    const revision = committed.outcomes[index] ?? 0;
    if (revision <= 0) continue;
    const previousValue = committed.previousValues[index] ?? '';
    const previousRevision = committed.previousRevisions[index] ?? 0;
    if (kind === writeKinds.create) events.push({ type: 'created', key, revision, value });
    else if (kind === writeKinds.delete) {
      events.push({ type: 'deleted', key, revision, value: previousValue, previousRevision });
    } else events.push({ type: 'updated', key, revision, value, previousValue, previousRevision });
  }
  return events;
}

/** Resolves or rejects the promise of each write. */
export function answerWrites(writes: readonly PendingWrite[], { outcomes }: Committed): void {
  for (const [index, { kind, key, expectedRevision, resolve, reject }] of writes.entries()) {
    const outcome = outcomes[index];
    if (outcome === undefined) reject(closedError());
    else if (outcome > 0) resolve(outcome);
    else
      reject(kind === writeKinds.create ? existsError(key, -outcome) : conflictError(key, expectedRevision, -outcome));
  }
}

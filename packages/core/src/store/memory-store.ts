import { compareKeys } from './compare-keys.ts';
import { checkRetained, closedError, conflictError, existsError, futureError } from './refusals.ts';
import type { Store, StoreEvent, StoreListOptions, StoreListResult, StoreRecord } from './store.ts';
import { WatchHub } from './watch-hub.ts';

/** A store that forgets everything with the process: for tests and simulations. Passes the same suite as the durable ones. */
export function createMemoryStore(): Store {
  return new MemoryStore();
}

interface PendingWrite {
  readonly type: 'create' | 'update' | 'delete';
  readonly key: string;
  readonly value: string;
  readonly expectedRevision: number;
  readonly resolve: (revision: number) => void;
  readonly reject: (error: Error) => void;
}

class MemoryStore implements Store {
  readonly #records = new Map<string, StoreRecord>();
  readonly #hub = new WatchHub(this);
  /** Events after `compactedRevision`, in order. */
  #log: StoreEvent[] = [];
  #pending: PendingWrite[] = [];
  #committed: Promise<void> = Promise.resolve();
  #currentRevision = 1;
  #compactedRevision = 0;
  #isClosed = false;

  get currentRevision(): number {
    return this.#currentRevision;
  }

  get compactedRevision(): number {
    return this.#compactedRevision;
  }

  async get(key: string): Promise<StoreRecord | undefined> {
    this.#checkOpen();
    return this.#records.get(key);
  }

  async list(prefix: string, options: StoreListOptions = {}): Promise<StoreListResult> {
    this.#checkOpen();
    const { revision = this.#currentRevision, limit = Number.POSITIVE_INFINITY, afterKey } = options;
    checkRetained(revision, this);
    const matching = this.#recordsAt(prefix, revision)
      .filter((record) => afterKey === undefined || compareKeys(record.key, afterKey) > 0)
      .sort((a, b) => compareKeys(a.key, b.key));
    const records = matching.slice(0, limit);
    return { revision, records, remaining: matching.length - records.length };
  }

  create(key: string, value: string): Promise<number> {
    return this.#write('create', key, value, 0);
  }

  update(key: string, value: string, expectedRevision: number): Promise<number> {
    return this.#write('update', key, value, expectedRevision);
  }

  delete(key: string, expectedRevision: number): Promise<number> {
    return this.#write('delete', key, '', expectedRevision);
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
    this.#checkOpen();
    checkRetained(fromRevision, this);
    if (toRevision > this.#currentRevision) throw futureError(toRevision, this.#currentRevision);
    return this.#log.filter(
      ({ key, revision }) => revision > fromRevision && revision <= toRevision && key.startsWith(prefix),
    );
  }

  async compact(revision: number): Promise<void> {
    this.#checkOpen();
    if (revision > this.#currentRevision) throw futureError(revision, this.#currentRevision);
    if (revision <= this.#compactedRevision) return;
    this.#compactedRevision = revision;
    this.#log = this.#log.filter((event) => event.revision > revision);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#committed;
    this.#hub.close();
  }

  #checkOpen(): void {
    if (this.#isClosed) throw closedError();
  }

  #write(type: PendingWrite['type'], key: string, value: string, expectedRevision: number): Promise<number> {
    if (this.#isClosed) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      this.#pending.push({ type, key, value, expectedRevision, resolve, reject });
      if (this.#pending.length === 1) this.#committed = Promise.resolve().then(() => this.#commit());
    });
  }

  /** Writes of one turn are one commit: all are applied, then watchers hear of them, then the writers. */
  #commit(): void {
    const writes = this.#pending;
    this.#pending = [];
    const events: StoreEvent[] = [];
    const answers: (() => void)[] = [];
    for (const write of writes) {
      const refusal = this.#refusalOf(write);
      if (refusal) {
        answers.push(() => write.reject(refusal));
        continue;
      }
      const event = this.#apply(write);
      events.push(event);
      answers.push(() => write.resolve(event.revision));
    }
    if (events.length > 0) this.#hub.publish(events);
    for (const answer of answers) answer();
  }

  #refusalOf({ type, key, expectedRevision }: PendingWrite): Error | undefined {
    const revision = this.#records.get(key)?.revision ?? 0;
    if (type === 'create') return revision === 0 ? undefined : existsError(key, revision);
    return revision !== 0 && revision === expectedRevision ? undefined : conflictError(key, expectedRevision, revision);
  }

  #apply({ type, key, value }: PendingWrite): StoreEvent {
    const previous = this.#records.get(key);
    this.#currentRevision += 1;
    const revision = this.#currentRevision;
    if (type === 'delete') this.#records.delete(key);
    else this.#records.set(key, { key, value, revision });
    const event = eventOf(type, { key, value, revision }, previous);
    this.#log.push(event);
    return event;
  }

  /** Present records with every later change undone. */
  #recordsAt(prefix: string, revision: number): StoreRecord[] {
    const found = new Map<string, StoreRecord>();
    for (const record of this.#records.values()) if (record.key.startsWith(prefix)) found.set(record.key, record);
    for (let index = this.#log.length - 1; index >= 0; index -= 1) {
      const event = this.#log[index];
      if (!event || event.revision <= revision) break;
      if (!event.key.startsWith(prefix)) continue;
      const before = recordBefore(event);
      if (before) found.set(event.key, before);
      else found.delete(event.key);
    }
    return [...found.values()];
  }
}

function eventOf(type: PendingWrite['type'], record: StoreRecord, previous: StoreRecord | undefined): StoreEvent {
  const { key, value, revision } = record;
  if (!previous) return { type: 'created', key, revision, value };
  const previousRevision = previous.revision;
  if (type === 'delete') return { type: 'deleted', key, revision, value: previous.value, previousRevision };
  return { type: 'updated', key, revision, value, previousValue: previous.value, previousRevision };
}

function recordBefore(event: StoreEvent): StoreRecord | undefined {
  const { type, key, value, previousValue = value, previousRevision = 0 } = event;
  return type === 'created' ? undefined : { key, value: previousValue, revision: previousRevision };
}
